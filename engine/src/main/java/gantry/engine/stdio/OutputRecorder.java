package gantry.engine.stdio;

import gantry.engine.container.OutputSink.Stream;
import gantry.engine.log.JsonFileLog;
import gantry.linux.Fd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Brings one run's output into its log exactly once, whenever this process is killed.
///
/// Bytes go pipe → spool file → log. Order of writes, for a SIGKILL between any two:
/// 1. splice: the bytes leave the pipe as they enter the spool;
/// 2. lines are written to the log, behind the size that is on record;
/// 3. the record says: so much of the spool is done, so large is the log;
/// 4. the log is published to readers, and perhaps put away;
/// 5. a spool that is all done is emptied, then recorded. A restart cuts the log to its recorded
///    size, and goes on in the spool where the record says: what happened between 2 and 3 is done
///    again, what is before 2 is still to be done.
///
/// Used by the loop's thread only.
final class OutputRecorder implements AutoCloseable {
  private final JsonFileLog log;
  private final Path progressFile;
  private final Spool stdout;
  private final Spool stderr;
  private @Nullable Progress progress;

  private OutputRecorder(JsonFileLog log, Path directory) {
    this.log = log;
    this.progressFile = directory.resolve("progress");
    this.stdout = new Spool(directory.resolve("stdout"));
    this.stderr = new Spool(directory.resolve("stderr"));
  }

  /// Begins with a run, or goes on with one where an earlier process was killed: what it left in
  /// the spools goes into the log now.
  ///
  /// @param directory exists, of this run alone
  static OutputRecorder open(JsonFileLog log, Path directory) throws IOException {
    OutputRecorder recorder = new OutputRecorder(log, directory);
    Optional<Progress.State> earlier = Progress.read(recorder.progressFile);
    log.open(earlier.map(Progress.State::log).orElse(null));
    recorder.stdout.recover(earlier.map(Progress.State::stdout).orElse(0L));
    recorder.stderr.recover(earlier.map(Progress.State::stderr).orElse(0L));
    recorder.drain(Stream.STDOUT, false);
    recorder.drain(Stream.STDERR, false);
    return recorder;
  }

  /// Takes what `pipe` has now; the listeners get it first. 0 at the end of the stream, empty when
  /// there is nothing.
  OptionalLong take(Stream stream, Fd pipe, OutputHub hub) throws IOException {
    Spool spool = spool(stream);
    OptionalLong came = spool.fill(pipe);
    if (came.isPresent() && came.getAsLong() > 0) {
      int count = (int) came.getAsLong();
      hub.offer(stream, spool.buffer, spool.to - count, count);
      drain(stream, false);
    }
    return came;
  }

  /// Writes what stands without a line end, and ends the log's run.
  void finish() throws IOException {
    drain(Stream.STDOUT, true);
    drain(Stream.STDERR, true);
    log.close();
  }

  private void drain(Stream stream, boolean last) throws IOException {
    Spool spool = spool(stream);
    while (spool.from < spool.to) {
      int taken = log.append(stream, spool.buffer, spool.from, spool.to, last);
      if (taken == spool.from) {
        break;
      }
      spool.consumed(taken);
      record();
      log.publish();
    }
    if (spool.emptiable()) {
      spool.empty();
      record();
    }
  }

  private void record() {
    Progress open = progress;
    if (open == null) {
      open = Progress.open(progressFile);
      progress = open;
    }
    open.write(new Progress.State(log.mark(), stdout.done(), stderr.done()));
  }

  private Spool spool(Stream stream) {
    return stream == Stream.STDOUT ? stdout : stderr;
  }

  @Override
  public void close() {
    stdout.close();
    stderr.close();
    if (progress != null) {
      progress.close();
    }
  }
}
