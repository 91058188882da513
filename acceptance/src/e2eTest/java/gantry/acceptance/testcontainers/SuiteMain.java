package gantry.acceptance.testcontainers;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ServiceLoader;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.dockerclient.DockerClientProviderStrategy;
import org.testcontainers.utility.DockerImageName;

/// A test run with Testcontainers in a virtual machine of its own.
final class SuiteMain {
  private SuiteMain() {}

  /// `suite` runs [ContainersSuite] and ends with 0 when all passed; `leave` starts a container,
  /// says its id and dies without a word to anybody.
  public static void main(String[] arguments) {
    switch (arguments[0]) {
      case "suite" -> System.exit(suite());
      case "leave" -> leave();
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static int suite() {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(ContainersSuite.class))
            .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
            .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
            .build();
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, summary);
    summary.getSummary().printFailuresTo(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
    System.out.println(summary.getSummary().getTestsSucceededCount() + " passed");
    return summary.getSummary().getTotalFailureCount() == 0 ? 0 : 1;
  }

  @SuppressWarnings("resource") // it is left behind, which is the point
  private static void leave() {
    GenericContainer<?> container =
        new GenericContainer<>(DockerImageName.parse("busybox")).withCommand("sleep", "600");
    container.start();
    System.out.println(container.getContainerId());
    System.out.flush();
    Runtime.getRuntime().halt(9);
  }

  /// The simple name of the strategy that Testcontainers has chosen.
  static String strategyInUse() {
    return ServiceLoader.load(DockerClientProviderStrategy.class).stream()
        .map(ServiceLoader.Provider::type)
        .filter(DockerClientFactory.instance()::isUsing)
        .map(Class::getSimpleName)
        .findFirst()
        .orElse("none");
  }
}
