package gantry.build.dockerfile;

import gantry.build.BuildException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads a whole file: its instructions one after the other, put into stages. What is wrong with
/// one does not keep the others from being read, so that all problems are told at once.
final class FileReader {
  private static final int FILE_MAX_BYTES = 4 << 20;
  private static final int INSTRUCTIONS_MAX = 20_000;
  private static final String BYTE_ORDER_MARK = "\ufeff";
  private static final String REPLACEMENT = "\ufffd";

  private final Source source;

  /// Whether the file has bytes that are no UTF-8; in comments they do no harm.
  private final boolean malformed;

  private final List<Problem> problems = new ArrayList<>();
  private final List<Arg> globalArgs = new ArrayList<>();
  private final List<Stage> stages = new ArrayList<>();
  private final List<Span> emptyContinuations = new ArrayList<>();
  private final List<Instruction> current = new ArrayList<>();
  private Optional<From> from = Optional.empty();
  private boolean orphan;
  private int count;

  FileReader(String name, byte[] text) {
    if (text.length > FILE_MAX_BYTES) {
      throw BuildException.invalid(
          "%s has %d bytes; a Dockerfile has at most %d"
              .formatted(name, text.length, FILE_MAX_BYTES));
    }
    this.source = source(name, new String(text, StandardCharsets.UTF_8));
    this.malformed = !isUtf8(text);
  }

  private static boolean isUtf8(byte[] text) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
      return true;
    } catch (CharacterCodingException _) {
      return false;
    }
  }

  private static Source source(String name, String text) {
    String plain = text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    List<String> lines = new ArrayList<>(List.of(plain.split("\n", -1)));
    if (lines.getLast().isEmpty()) {
      lines.removeLast();
    }
    return new Source(name, lines);
  }

  Dockerfile file() {
    Directives directives = DirectiveReader.read(source);
    LineReader lines = new LineReader(source, directives.escape(), directives.lines() + 1);
    for (Optional<LogicalLine> line = lines.next(); line.isPresent(); line = lines.next()) {
      if (++count > INSTRUCTIONS_MAX) {
        throw BuildException.invalid(
            "%s has more than %d instructions".formatted(source.name(), INSTRUCTIONS_MAX));
      }
      read(line.get(), lines, directives.escape());
    }
    endStage();
    if (count == 0) {
      throw problem("file with no instructions");
    }
    if (!problems.isEmpty()) {
      throw DockerfileException.of(problems);
    }
    if (stages.isEmpty()) {
      throw problem("dockerfile contains no stages to build");
    }
    return new Dockerfile(source, directives, globalArgs, stages, emptyContinuations);
  }

  private void read(LogicalLine line, LineReader lines, char escape) {
    try {
      Instruction instruction = InstructionReader.read(line, lines, escape);
      if (!line.emptyLines().isEmpty()) {
        emptyContinuations.add(
            new Span(instruction.origin().span().start(), new Position(line.lastLine(), 1)));
      }
      checkEncoding(instruction.origin());
      add(instruction);
    } catch (DockerfileException e) {
      problems.addAll(e.problems());
    }
  }

  private void checkEncoding(Origin origin) {
    Span span = origin.span();
    for (int line = span.firstLine(); malformed && line <= span.lastLine(); line++) {
      if (source.line(line).contains(REPLACEMENT) && !source.line(line).strip().startsWith("#")) {
        throw origin.problem("line %d is not UTF-8".formatted(line), REPLACEMENT);
      }
    }
  }

  private void add(Instruction instruction) {
    switch (instruction) {
      case From next -> {
        endStage();
        from = Optional.of(next);
      }
      case Arg arg when from.isEmpty() -> globalArgs.add(arg);
      default -> {
        if (from.isEmpty() && !orphan) {
          orphan = true; // one FROM mends all of them
          problems.addAll(
              instruction
                  .origin()
                  .problem("no build stage in current context: FROM comes first", "")
                  .problems());
        }
        current.add(instruction);
      }
    }
  }

  private void endStage() {
    from.ifPresent(f -> stages.add(new Stage(stages.size(), f, current)));
    current.clear();
  }

  private DockerfileException problem(String message) {
    Position end = new Position(Math.max(1, source.lines().size()), 1);
    return DockerfileException.of(new Problem(source, new Span(end, end), message));
  }

  static Instruction trigger(String name, String expression) {
    Source source = source(name, expression);
    LineReader lines = new LineReader(source, '\\', 1);
    LogicalLine line =
        lines.next().orElseThrow(() -> BuildException.invalid(name + ": a trigger is empty"));
    Instruction instruction = InstructionReader.read(line, lines, '\\');
    return switch (instruction) {
      case OnBuild onBuild ->
          throw onBuild
              .origin()
              .problem("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", "");
      case From from -> throw from.origin().problem("FROM isn't allowed as an ONBUILD trigger", "");
      case Maintainer maintainer ->
          throw maintainer.origin().problem("MAINTAINER isn't allowed as an ONBUILD trigger", "");
      default -> instruction;
    };
  }
}
