package gantry.linux.call;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Errno;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FrameTest {
  @Test
  void call_returnsTheResultOrTheNegatedErrno() {
    try (Frame frame = Frame.open()) {
      assertThat(frame.call(Sys.GETPID)).isEqualTo(ProcessHandle.current().pid());
      assertThat(frame.call(Sys.CLOSE, -1)).isEqualTo(-Errno.EBADF.number());
    }
  }

  @Test
  void allocate_isZeroedThoughReused() {
    for (int i = 0; i < 200; i++) {
      try (Frame frame = Frame.open()) {
        MemorySegment memory = frame.allocate(100);
        assertThat(memory.toArray(JAVA_BYTE)).containsOnly(0);
        memory.fill((byte) 1);
      }
    }
  }

  @Test
  void uninitialised_moreThanItHolds_isThereAllTheSame() {
    try (Frame frame = Frame.open()) {
      MemorySegment small = frame.allocate(8);
      MemorySegment large = frame.uninitialised(1 << 20);
      large.fill((byte) 7);
      assertThat(large.byteSize()).isEqualTo(1 << 20);
      assertThat(small.get(JAVA_BYTE, 0)).isZero();
      assertThat(frame.allocate(8).address() % 8).isZero();
    }
  }

  @Test
  void address_ofHeapMemory_isRefused() {
    assertThatThrownBy(() -> Frame.address(MemorySegment.ofArray(new byte[1])))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void call_afterClose_isRefused() {
    Frame frame = Frame.open();
    frame.close();
    frame.close();
    assertThatThrownBy(() -> frame.call(Sys.GETPID)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void open_onManyThreadsAndNested_neverSharesMemory()
      throws InterruptedException, ExecutionException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var tasks =
          IntStream.range(0, 200)
              .mapToObj(i -> threads.submit(() -> fillAndCheck((byte) i)))
              .toList();
      for (Future<Boolean> task : tasks) {
        assertThat(task.get()).isTrue();
      }
    }
  }

  private static boolean fillAndCheck(byte mark) {
    boolean intact = true;
    for (int i = 0; i < 50; i++) {
      try (Frame outer = Frame.open();
          Frame inner = Frame.open()) {
        MemorySegment one = outer.allocate(64).fill(mark);
        MemorySegment other = inner.allocate(64).fill((byte) (mark + 1));
        LockSupport.parkNanos(1);
        intact &= one.get(JAVA_BYTE, 63) == mark && other.get(JAVA_BYTE, 63) == (byte) (mark + 1);
      }
    }
    return intact;
  }
}
