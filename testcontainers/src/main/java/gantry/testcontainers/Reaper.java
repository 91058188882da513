package gantry.testcontainers;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import org.testcontainers.utility.ResourceReaper;

/// Takes Ryuk out of the way: the container by which Testcontainers removes what a test leaves,
/// from an image that would have to be fetched. The engine ends here with the test, and removes it
/// itself.
///
/// Testcontainers leaves Ryuk out only for a variable of the environment, which a program cannot
/// set for itself. So the place where it keeps its reaper is given the plain one, which marks
/// containers and removes those that it is told to, and has nothing to do at the end.
final class Reaper {
  private Reaper() {}

  /// @throws IllegalStateException when this version of Testcontainers keeps it elsewhere
  @SuppressWarnings("LockOnNonEnclosingClassLiteral") // it is the lock of its own instance()
  static void replace() {
    try {
      Constructor<ResourceReaper> plain = ResourceReaper.class.getDeclaredConstructor();
      plain.setAccessible(true);
      Field instance = ResourceReaper.class.getDeclaredField("instance");
      instance.setAccessible(true);
      synchronized (ResourceReaper.class) {
        instance.set(null, plain.newInstance());
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalStateException(
          "cannot switch Ryuk off in this version of Testcontainers: set TESTCONTAINERS_RYUK_DISABLED=true in the environment of the tests",
          e);
    }
  }
}
