package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReadyPoolTest {
  private static final long DEADLINE_NANOS = 5_000_000_000L;

  private final AtomicInteger made = new AtomicInteger();
  private final Set<Thing> open = ConcurrentHashMap.newKeySet();
  private volatile boolean broken;

  private final class Thing implements AutoCloseable {
    @Override
    public void close() {
      open.remove(this);
    }
  }

  @Test
  void take_fromAFullPool_isReplaced() {
    try (ReadyPool<Thing> pool = pool(3)) {
      awaitReady(pool, 3);
      assertThat(made).hasValue(3);
      pool.take().close();
      awaitReady(pool, 3);
      assertThat(made).hasValue(4);
    }
    assertThat(open).isEmpty();
  }

  @Test
  void take_fromAnEmptyPool_makesOne() {
    try (ReadyPool<Thing> pool = pool(0)) {
      pool.take().close();
      assertThat(made).hasValue(1);
    }
  }

  @Test
  void make_failing_isTriedAgainAfterATake() {
    broken = true;
    try (ReadyPool<Thing> pool = pool(2)) {
      assertThatThrownBy(pool::take).hasMessage("broken");
      broken = false;
      pool.take().close();
      awaitReady(pool, 2);
    }
  }

  @Test
  void take_afterClose_isRefused() {
    ReadyPool<Thing> pool = pool(1);
    pool.close();
    pool.close();
    assertThatThrownBy(pool::take).isInstanceOf(NetworkException.class);
    assertThat(open).isEmpty();
  }

  private ReadyPool<Thing> pool(int size) {
    return ReadyPool.open(
        "test-pool",
        size,
        () -> {
          if (broken) {
            throw new NetworkException("broken");
          }
          made.incrementAndGet();
          Thing thing = new Thing();
          open.add(thing);
          return thing;
        });
  }

  private static void awaitReady(ReadyPool<Thing> pool, int count) {
    long deadline = System.nanoTime() + DEADLINE_NANOS;
    while (pool.readyCount() < count && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(pool.readyCount()).isEqualTo(count);
  }
}
