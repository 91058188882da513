package gantry.engine.stdio;

import gantry.engine.container.OutputSink;
import gantry.engine.container.OutputSink.Stream;
import java.util.concurrent.CopyOnWriteArrayList;

/// All who listen to one program's output. It is there before the program starts and after it
/// ended: who listens early misses nothing, and every end of the program ends all listening.
final class OutputHub {
  private final CopyOnWriteArrayList<OutputQueue> queues = new CopyOnWriteArrayList<>();
  private volatile Runnable roomAgain = () -> {};

  /// Says what to run when the last full listener has room again; by any thread.
  void onRoom(Runnable action) {
    roomAgain = action;
  }

  OutputQueue listen(OutputSink sink, String name) {
    OutputQueue queue = new OutputQueue(sink, () -> roomAgain.run());
    queues.add(queue);
    queue.start(name);
    return queue;
  }

  void leave(OutputQueue queue) {
    queues.remove(queue);
    queue.end();
    roomAgain.run();
  }

  void offer(Stream stream, byte[] bytes, int offset, int length) {
    for (OutputQueue queue : queues) {
      queue.offer(stream, bytes, offset, length);
    }
  }

  boolean full() {
    for (OutputQueue queue : queues) {
      if (queue.full()) {
        return true;
      }
    }
    return false;
  }

  /// Cuts off those who took nothing for too long.
  void cutStalled() {
    for (OutputQueue queue : queues) {
      if (queue.stalled()) {
        queues.remove(queue);
        queue.cut();
      }
    }
  }

  /// Ends all listening, once everything was delivered.
  void end() {
    for (OutputQueue queue : queues) {
      queues.remove(queue);
      queue.end();
    }
  }
}
