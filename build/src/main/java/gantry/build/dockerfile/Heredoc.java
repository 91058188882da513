package gantry.build.dockerfile;

/// Text that stands in the lines below an instruction.
///
/// @param name the word behind `<<` without quotes, which also ends the text; for COPY and ADD the
///   name of the file
/// @param descriptor what stands before `<<`, 0 unless given
/// @param expands whether variables in it are expanded: no part of the word was quoted
/// @param chomps `<<-`: leading tabs are dropped from each line
/// @param content the lines with their ends, as they stand in the file
public record Heredoc(
    String name, int descriptor, boolean expands, boolean chomps, String content) {
  /// The content as a file gets it: without leading tabs where those are dropped.
  public String text() {
    return chomps ? content.replaceAll("(?m)^\t+", "") : content;
  }

  Heredoc withContent(String replaced) {
    return new Heredoc(name, descriptor, expands, chomps, replaced);
  }
}
