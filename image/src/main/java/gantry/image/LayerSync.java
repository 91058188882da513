package gantry.image;

import gantry.linux.SyscallException;
import gantry.state.StateException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// Runs the sync of the file system some time after layers were unpacked: late enough for the
/// kernel to have written them by itself, so that it costs little; once for all that were unpacked
/// meanwhile.
final class LayerSync implements AutoCloseable {
  private static final int DELAY_SECONDS = 40; // dirty_expire_centisecs is 30 s by default

  private final Runnable sync;
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final ScheduledThreadPoolExecutor executor =
      new ScheduledThreadPoolExecutor(
          1, work -> Thread.ofPlatform().daemon().name("image-sync").unstarted(work));

  LayerSync(Runnable sync) {
    this.sync = sync;
    executor.setKeepAliveTime(1, TimeUnit.SECONDS);
    executor.allowCoreThreadTimeOut(true);
  }

  void later() {
    if (scheduled.compareAndSet(false, true)) {
      ScheduledFuture<?> _ = executor.schedule(this::run, DELAY_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void run() {
    scheduled.set(false);
    try {
      sync.run();
    } catch (SyscallException | StateException _) {
      // the layers stay marked as of this boot: unpacked again after a crash, else nothing is lost
    }
  }

  /// Gives up what is scheduled, and waits for a sync that runs.
  @Override
  public void close() {
    executor.shutdownNow();
    boolean interrupted = false;
    while (true) {
      try {
        if (executor.awaitTermination(1, TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException _) {
        interrupted = true; // the descriptor must outlive the thread
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
