package gantry.engine.log;

import gantry.engine.container.OutputSink.Stream;
import java.time.Instant;

/// One line of a program's output as it is kept.
///
/// @param text without its line end
/// @param complete whether it ended there; else the next line of the stream goes on
public record LogLine(Stream stream, Instant time, String text, boolean complete) {}
