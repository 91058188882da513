package gantry.stage;

import java.util.List;

/// One argument of a step.
public sealed interface Arg {

  /// A number, and how to show it to people.
  record Word(long value, Notation notation) implements Arg {}

  /// The descriptor in a slot.
  record Descriptor(Slot slot) implements Arg {}

  /// A string.
  record Text(String text) implements Arg {}

  /// Arguments without a value of their own.
  enum Fixed implements Arg {
    /// The current directory, for calls that take a directory (`AT_FDCWD`).
    CWD,
    /// No string.
    NONE
  }

  /// Bytes; `shown` says in words what they are. The array is not copied: nobody changes it.
  final class Bytes implements Arg {
    private final byte[] bytes;
    private final String shown;

    private Bytes(byte[] bytes, String shown) {
      this.bytes = bytes;
      this.shown = shown;
    }

    byte[] bytes() {
      return bytes;
    }
  }

  /// A list of strings, ended by a null pointer for the kernel: argv and envp. Steps that share a
  /// list object share its place in the plan.
  record Texts(List<String> texts) implements Arg {}

  static Arg number(long value) {
    return new Word(value, Notation.DECIMAL);
  }

  static Arg number(long value, Notation notation) {
    return new Word(value, notation);
  }

  static Arg text(String text) {
    return new Text(text);
  }

  static Arg of(Slot slot) {
    return new Descriptor(slot);
  }

  static Arg bytes(byte[] bytes, String shown) {
    return new Bytes(bytes, shown);
  }

  /// As `gantry explain` shows it.
  default String shown() {
    return switch (this) {
      case Word(long value, Notation notation) -> notation.show(value);
      case Descriptor(Slot slot) -> slot.name() + " fd " + slot.index();
      case Fixed fixed -> fixed == Fixed.CWD ? "cwd" : "-";
      case Text(String text) -> text.isEmpty() ? "\"\"" : text;
      case Bytes bytes -> bytes.shown;
      case Texts(List<String> texts) -> texts.toString();
    };
  }
}
