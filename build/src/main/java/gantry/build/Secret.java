package gantry.build;

/// Something that nobody but the step that asks for it may see. It has no text form, so that it
/// cannot get into a message or a log by accident.
public final class Secret {
  private final byte[] bytes;

  /// @param bytes not copied, so that whoever made them can wipe them
  public Secret(byte[] bytes) {
    this.bytes = bytes;
  }

  /// The content; lent.
  public byte[] bytes() {
    return bytes;
  }

  @Override
  public String toString() {
    return "a secret";
  }
}
