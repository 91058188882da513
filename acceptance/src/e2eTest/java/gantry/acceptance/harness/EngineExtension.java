package gantry.acceptance.harness;

import java.util.List;
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
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .computeIfAbsent("engine", _ -> launch(), Engine.class);
  }

  private static Engine launch() {
    return System.getProperty("gantry.engine", "gantry").equals("docker")
        ? DockerPeer.start()
        : GantryDaemon.start();
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
    cli(context).removeAll();
  }

  @Override
  public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
    String log = engine(context).log();
    String end = log.substring(Math.max(0, log.length() - 4000));
    System.err.printf(
        "-- %s failed; the engine's log ends with:%n%s%n", context.getDisplayName(), end);
  }
}
