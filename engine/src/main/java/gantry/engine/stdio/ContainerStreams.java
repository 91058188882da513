package gantry.engine.stdio;

import gantry.engine.container.Attachment;
import gantry.engine.container.OutputSink;
import gantry.engine.log.JsonFileLog;
import gantry.linux.OwnedFd;
import gantry.linux.event.EventLoop;
import gantry.runtime.ContainerProcess;
import gantry.runtime.Stdio;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/// A container's, or an exec's, standard streams as clients see them: attached before the program
/// starts, while it runs, through restarts; every end of the program ends all attachments.
///
/// Of standard input: it is the program's as long as it runs. Where it is to be used once, it is
/// closed when the client that sends it says so or leaves; else a client that stops sending
/// detaches.
public final class ContainerStreams {
  /// How a program's input is treated.
  ///
  /// @param terminal whether the streams are a terminal
  /// @param acceptsInput whether there is an input at all
  /// @param inputOnce whether the input ends with the first client that sends it
  public record Rules(boolean terminal, boolean acceptsInput, boolean inputOnce) {}

  private final String name;
  private final EventLoop loop;
  private final Rules rules;
  private final OutputHub hub = new OutputHub();

  /// The input of the run that is, or of the next one; replaced at every end.
  private volatile CompletableFuture<ProgramInput> input = new CompletableFuture<>();

  /// Done when the run that is, or the next one, has ended; replaced then.
  private volatile CompletableFuture<Void> end = new CompletableFuture<>();

  /// @param name for threads
  public ContainerStreams(String name, EventLoop loop, Rules rules) {
    this.name = name;
    this.loop = loop;
    this.rules = rules;
  }

  /// Connects the streams of a program that runs.
  ///
  /// @param directory for the run's own files; exists
  /// @throws IOException when the log cannot be written
  public StdioPump connect(ContainerProcess process, Optional<JsonFileLog> log, Path directory)
      throws IOException {
    StdioPump pump = StdioPump.start(loop, process.stdio(), hub, log, directory);
    Optional<OwnedFd> fd =
        switch (process.stdio()) {
          case Stdio.Pipes pipes -> pipes.stdin().map(OwnedFd::duplicate);
          case Stdio.Terminal terminal -> Optional.of(terminal.master().duplicate());
          case Stdio.Gone _ -> Optional.empty();
        };
    fd.ifPresent(writable -> input.complete(new ProgramInput(loop, writable, process::closeStdin)));
    return pump;
  }

  /// Ends all attachments: the program has ended and its output is delivered. Those who attach from
  /// now on wait for the next run.
  public void end() {
    CompletableFuture<ProgramInput> ofRun = input;
    CompletableFuture<Void> over = end;
    input = new CompletableFuture<>();
    end = new CompletableFuture<>();
    CompletableFuture<Void> _ = ofRun.thenAccept(ProgramInput::end);
    over.complete(null);
    hub.end();
  }

  /// Attaches a client.
  ///
  /// @param output whether it gets output
  /// @param sends whether it sends input
  /// @param detachKeys looked for in what it sends, where there is a terminal
  /// @param detached run when they were found
  public Attachment attach(
      OutputSink sink, boolean output, boolean sends, DetachKeys detachKeys, Runnable detached) {
    return new Client(sink, output, sends && rules.acceptsInput, detachKeys, detached);
  }

  private final class Client implements Attachment {
    private final boolean sends;
    private final DetachKeys detachKeys;
    private final Runnable onDetach;
    private final Optional<OutputQueue> queue;
    private final CompletableFuture<ProgramInput> target = input;
    private final CompletableFuture<Void> programEnd = end;
    private final CompletableFuture<Void> left = new CompletableFuture<>();
    private final AtomicBoolean inputClosed = new AtomicBoolean();
    private volatile boolean detached;

    Client(
        OutputSink sink, boolean output, boolean sends, DetachKeys detachKeys, Runnable onDetach) {
      this.sends = sends;
      this.detachKeys = detachKeys;
      this.onDetach = onDetach;
      this.queue = output ? Optional.of(hub.listen(sink, "attach-" + name)) : Optional.empty();
    }

    @Override
    public boolean write(byte[] bytes, int offset, int length) throws IOException {
      if (ended()) {
        return false;
      }
      if (!sends) {
        return true;
      }
      try {
        CompletableFuture.anyOf(target, programEnd, left).join();
        if (!target.isDone()) {
          return false;
        }
        return rules.terminal
            ? type(detachKeys.scan(bytes, offset, length))
            : target.join().write(bytes, offset, length, left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while sending input to " + name, e);
      }
    }

    private boolean type(DetachKeys.Scan scan) throws InterruptedException {
      boolean read =
          scan.bytes().length == 0
              || target.join().write(scan.bytes(), 0, scan.bytes().length, left);
      if (scan.detached()) {
        detached = true;
        onDetach.run();
        leave();
        return false;
      }
      return read;
    }

    @Override
    public void closeInput() {
      if (!sends) {
        return;
      }
      if (rules.inputOnce && !rules.terminal) {
        closeProgramInput();
      } else {
        leave();
      }
    }

    /// A terminal has no end of input: the next client goes on where this one left.
    private void closeProgramInput() {
      if (!rules.terminal && inputClosed.compareAndSet(false, true)) {
        CompletableFuture<Void> _ = target.thenAccept(ProgramInput::close);
      }
    }

    private boolean ended() {
      return left.isDone() || programEnd.isDone();
    }

    private void leave() {
      left.complete(null);
      queue.ifPresent(hub::leave);
    }

    @Override
    public void awaitEnd() throws InterruptedException {
      if (queue.isPresent()) {
        queue.get().awaitFinished();
        return;
      }
      try {
        CompletableFuture.anyOf(programEnd, left).get();
      } catch (java.util.concurrent.ExecutionException impossible) { // neither fails
        throw new AssertionError(impossible);
      }
    }

    @Override
    public boolean detached() {
      return detached;
    }

    @Override
    public void close() {
      if (sends && rules.inputOnce && !detached) {
        closeProgramInput();
      }
      leave();
    }
  }
}
