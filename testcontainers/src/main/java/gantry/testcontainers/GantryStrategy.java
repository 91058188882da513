package gantry.testcontainers;

import java.net.URI;
import java.util.Optional;
import org.testcontainers.dockerclient.DockerClientProviderStrategy;
import org.testcontainers.dockerclient.TransportConfig;
import org.testcontainers.utility.TestcontainersConfiguration;

/// How Testcontainers comes to an engine: one is started in this virtual machine, the first time
/// that a test asks, and ends with it.
///
/// `DOCKER_HOST`, `docker.host` and a strategy named by the environment are wishes of the user and
/// go first. The strategy that Testcontainers itself noted in `~/.testcontainers.properties`, on
/// the occasion of some other project, does not.
///
/// Settings, each in `testcontainers.properties` or as `TESTCONTAINERS_GANTRY_…` in the
/// environment: `gantry.data.root` and `gantry.images`, see [Settings].
public final class GantryStrategy extends DockerClientProviderStrategy {
  private static final String REMEMBERED = "docker.client.strategy";
  private static final int BEFORE_ALL_OTHERS = 1000;

  /// Called by the service loader, before Testcontainers decides.
  public GantryStrategy() {
    // In memory alone: the file stays as it is.
    TestcontainersConfiguration.getInstance().getUserProperties().remove(REMEMBERED);
  }

  @Override
  public String getDescription() {
    return "Gantry in this virtual machine (" + Running.engine().socket() + ")";
  }

  @Override
  protected int getPriority() {
    return BEFORE_ALL_OTHERS;
  }

  /// It is no choice for other projects.
  @Override
  protected boolean isPersistable() {
    return false;
  }

  /// Starts the engine, on Linux; elsewhere Testcontainers looks for another. What fails here ends
  /// the search: tests that were to run here must not run on whatever other engine there is.
  ///
  /// @throws IllegalStateException with the reason, as Testcontainers has it for a missing Docker
  @Override
  protected boolean isApplicable() {
    if (!"Linux".equals(System.getProperty("os.name"))) {
      return false;
    }
    Running.engine();
    return true;
  }

  @Override
  public TransportConfig getTransportConfig() {
    URI address = URI.create("unix://" + Running.engine().socket());
    return TransportConfig.builder().dockerHost(address).build();
  }

  /// The one engine of this virtual machine.
  private static final class Running {
    private static Optional<TestEngine> engine = Optional.empty();

    static synchronized TestEngine engine() {
      if (engine.isEmpty()) {
        TestEngine started = TestEngine.start(Settings.ofTestcontainers());
        Runtime.getRuntime().addShutdownHook(new Thread(started::close, "gantry-testcontainers"));
        Reaper.replace();
        engine = Optional.of(started);
      }
      return engine.get();
    }
  }
}
