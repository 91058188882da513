package gantry.cli.terminal;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;

/// The signals that reach this process, by their names without `SIG`.
public final class Signals {

  /// What a proxy hands on: all that have an effect but SIGQUIT, which the JVM keeps to itself,
  /// SIGCHLD, SIGPIPE and SIGURG, which mean something to us alone, and SIGWINCH, which is handed
  /// on as the terminal's new size.
  private static final String[] PROXIED = {
    "HUP", "INT", "TERM", "USR1", "USR2", "CONT", "ALRM", "VTALRM", "PROF", "IO", "PWR", "TSTP",
    "TTIN", "TTOU", "XCPU", "XFSZ"
  };

  private Signals() {}

  /// Calls `action` for each signal of `name`, on a thread of the JVM's.
  ///
  /// `sun.misc.Signal` is Java's only way to a signal, and exported for that; it is named by text
  /// because the compiler's warning about it cannot be switched off.
  public static void handle(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object own =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(), new Class<?>[] {handler}, running(action));
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), own);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot watch for SIG" + name + ": " + e, e);
    }
  }

  private static InvocationHandler running(Runnable action) {
    return (proxy, method, arguments) -> {
      if (method.getName().equals("handle")) {
        action.run();
      }
      return method.getReturnType() == int.class ? System.identityHashCode(proxy) : null;
    };
  }

  /// Calls `action` with the name of each signal that would end, or steer, this process.
  public static void handleAll(Consumer<String> action) {
    for (String name : PROXIED) {
      handle(name, () -> action.accept(name));
    }
  }
}
