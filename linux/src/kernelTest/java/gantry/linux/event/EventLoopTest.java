package gantry.linux.event;

import static gantry.linux.event.Readiness.READABLE;
import static gantry.linux.event.Readiness.WRITABLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import gantry.linux.file.Pipe;
import gantry.linux.process.ExitStatus;
import gantry.linux.process.PidFd;
import gantry.linux.process.Spawn;
import gantry.testing.KernelTest;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class EventLoopTest {
  private static final byte[] BYTE = {1};
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final EventLoop loop = EventLoop.start("test-loop", failures::add);
  private final BlockingQueue<Readiness> seen = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    loop.close();
  }

  private Readiness next() throws InterruptedException {
    Readiness readiness = seen.poll(10, TimeUnit.SECONDS);
    assertThat(readiness).isNotNull();
    return readiness == null ? new Readiness(0) : readiness;
  }

  /// When this returns the loop has been through everything that was ready before.
  private void settle() {
    for (int i = 0; i < 3; i++) {
      CompletableFuture.runAsync(() -> {}, loop).join();
    }
  }

  @KernelTest
  void level_isToldUntilRead() throws Exception {
    try (Pipe pipe = Pipe.openNonBlocking();
        Registration _ = loop.register(pipe.readEnd(), READABLE, Trigger.LEVEL, seen::add)) {
      settle();
      assertThat(seen).isEmpty();
      FileIo.writeFully(pipe.writeEnd(), BYTE);
      for (int i = 0; i < 10; i++) {
        assertThat(next().readable()).isTrue();
      }
    }
  }

  @KernelTest
  void edge_isToldOncePerArrival() throws Exception {
    try (Pipe pipe = Pipe.openNonBlocking();
        Registration _ = loop.register(pipe.readEnd(), READABLE, Trigger.EDGE, seen::add)) {
      FileIo.writeFully(pipe.writeEnd(), BYTE);
      next();
      settle();
      assertThat(seen).isEmpty();
      FileIo.writeFully(pipe.writeEnd(), BYTE);
      next();
    }
  }

  @KernelTest
  void oneShot_waitsToBeArmed() throws Exception {
    try (Pipe pipe = Pipe.openNonBlocking();
        Registration registration =
            loop.register(pipe.readEnd(), READABLE, Trigger.ONE_SHOT, seen::add)) {
      FileIo.writeFully(pipe.writeEnd(), BYTE);
      next();
      FileIo.writeFully(pipe.writeEnd(), BYTE);
      settle();
      assertThat(seen).isEmpty();
      registration.change(READABLE);
      next();
    }
  }

  @KernelTest
  void change_toWritable_isToldThat() throws Exception {
    try (Pipe pipe = Pipe.openNonBlocking();
        Registration registration = loop.register(pipe.writeEnd(), 0, Trigger.LEVEL, seen::add)) {
      settle();
      assertThat(seen).isEmpty();
      registration.change(WRITABLE);
      assertThat(next().writable()).isTrue();
    }
  }

  @KernelTest
  void hangUp_isToldWithoutAsking() throws Exception {
    try (Pipe pipe = Pipe.openNonBlocking();
        Registration _ = loop.register(pipe.readEnd(), 0, Trigger.ONCE, seen::add)) {
      pipe.writeEnd().close();
      assertThat(next().hungUp()).isTrue();
    }
  }

  @KernelTest
  void close_thenNoCallComes() {
    AtomicInteger calls = new AtomicInteger();
    for (int i = 0; i < 2000; i++) {
      try (Pipe pipe = Pipe.openNonBlocking()) {
        FileIo.writeFully(pipe.writeEnd(), BYTE);
        Registration registration =
            loop.register(pipe.readEnd(), READABLE, Trigger.LEVEL, r -> calls.incrementAndGet());
        registration.close();
        int then = calls.get();
        assertThat(calls.get()).isEqualTo(then);
      }
    }
    int then = calls.get();
    settle();
    assertThat(calls).hasValue(then);
  }

  @KernelTest
  void whenReady_endOfAProcess_canBeReapedInTheDependent() throws Exception {
    PidFd child = PidFd.open(Spawn.program("/bin/true").argument("true").start()).orElseThrow();
    ExitStatus status =
        loop.whenReady(child, READABLE)
            .thenApply(
                _ -> {
                  ExitStatus ended = child.reap().orElseThrow();
                  child.close();
                  return ended;
                })
            .get(10, TimeUnit.SECONDS);
    assertThat(status).isEqualTo(new ExitStatus.Exited(0));
    assertThat(failures).isEmpty();
  }

  @KernelTest
  void whenReady_cancelled_freesTheDescriptor() {
    try (Pipe pipe = Pipe.open()) {
      for (int i = 0; i < 3; i++) { // a second registration of the same would be refused
        assertThat(loop.whenReady(pipe.readEnd(), READABLE).cancel(false)).isTrue();
      }
    }
  }

  @KernelTest
  void close_cancelsFutures() {
    try (Pipe pipe = Pipe.open()) {
      CompletableFuture<Readiness> future = loop.whenReady(pipe.readEnd(), READABLE);
      loop.close();
      assertThatThrownBy(future::join).isInstanceOf(CancellationException.class);
      assertThat(loop.whenReady(pipe.readEnd(), READABLE)).isCancelled();
    }
  }

  @KernelTest
  void handler_thatThrows_losesItsRegistrationOnly() throws Exception {
    try (Pipe bad = Pipe.open();
        Pipe good = Pipe.open()) {
      FileIo.writeFully(bad.writeEnd(), BYTE);
      loop.register(
          bad.readEnd(),
          READABLE,
          Trigger.LEVEL,
          _ -> {
            throw new IllegalStateException("bad");
          });
      Registration registration = loop.register(good.readEnd(), READABLE, Trigger.LEVEL, seen::add);
      FileIo.writeFully(good.writeEnd(), BYTE);
      next();
      settle();
      assertThat(failures).hasSize(1);
      registration.close();
    }
  }

  @KernelTest
  void execute_runsInOrderOnTheThread() {
    List<Integer> order = new CopyOnWriteArrayList<>();
    CompletableFuture<Boolean> last = new CompletableFuture<>();
    loop.execute(() -> order.add(1));
    loop.execute(
        () -> {
          order.add(2);
          loop.execute(() -> last.complete(loop.onThread()));
        });
    assertThat(last.join()).isTrue();
    assertThat(order).containsExactly(1, 2);
  }

  @KernelTest
  void close_fromAHandler_ends() throws Exception {
    try (Pipe pipe = Pipe.open()) {
      FileIo.writeFully(pipe.writeEnd(), BYTE);
      CompletableFuture<Void> done = new CompletableFuture<>();
      Registration registration =
          loop.register(
              pipe.readEnd(),
              READABLE,
              Trigger.LEVEL,
              _ -> {
                loop.close();
                done.complete(null);
              });
      done.get(10, TimeUnit.SECONDS);
      registration.close();
    }
  }

  @KernelTest
  void register_regularFile_isRefused() {
    try (OwnedFd file = At.open(Fd.CWD, "/etc/passwd", OpenFlags.O_RDONLY)) {
      assertThatThrownBy(() -> loop.register(file, READABLE, Trigger.LEVEL, seen::add))
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.is(Errno.EPERM)).isTrue());
    }
  }
}
