package gantry.acceptance.harness;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestWatcher;

/// Starts the engine under test once, before the first test that asks for it, and ends it after the
/// last.
final class EngineExtension implements ParameterResolver, AfterAllCallback, TestWatcher {
  private static final Namespace NAMESPACE = Namespace.create(EngineExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return List.of(Engine.class, Cli.class, Http.class)
        .contains(parameter.getParameter().getType());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    if (type == Engine.class) {
      return engine(context);
    }
    return type == Cli.class ? cli(context) : new Http(engine(context).socket());
  }

  private static Engine engine(ExtensionContext context) {
    Launch launch =
        context
            .getRoot()
            .getStore(NAMESPACE)
            .computeIfAbsent("engine", _ -> Launch.attempt(), Launch.class);
    return launch
        .engine()
        .orElseThrow(() -> new AssertionError("no engine to test: " + launch.failure()));
  }

  /// The engine, or why there is none: a start that failed is not tried again for every test.
  private record Launch(Optional<Engine> engine, String failure) implements AutoCloseable {
    static Launch attempt() {
      try {
        boolean docker = System.getProperty("gantry.engine", "gantry").equals("docker");
        return new Launch(
            Optional.of(docker ? DockerPeer.start() : loaded(GantryDaemon.start())), "");
      } catch (RuntimeException | AssertionError e) {
        return new Launch(Optional.empty(), e.toString());
      }
    }

    private static Engine loaded(GantryDaemon daemon) {
      Cli cli = new Cli(daemon, "images");
      cli.ok("load", "-q", "-i", Checkout.image("busybox").toString());
      cli.ok("load", "-q", "-i", Checkout.image("hello-world").toString());
      return daemon;
    }

    @Override
    public void close() {
      engine.ifPresent(Engine::close);
    }
  }

  /// One client a class, so that names do not repeat.
  private static Cli cli(ExtensionContext context) {
    Class<?> test = context.getRequiredTestClass();
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .computeIfAbsent(test, _ -> new Cli(engine(context), test.getSimpleName()), Cli.class);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (context.getRoot().getStore(NAMESPACE).get(context.getRequiredTestClass()) != null) {
      cli(context).removeAll();
    }
  }

  @Override
  public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
    Launch launch = context.getRoot().getStore(NAMESPACE).get("engine", Launch.class);
    String log = launch == null ? "" : launch.engine().map(Engine::log).orElse("");
    String end = log.substring(Math.max(0, log.length() - 4000));
    System.err.printf(
        "-- %s failed; the engine's log ends with:%n%s%n", context.getDisplayName(), end);
  }
}
