package gantry.acceptance;

import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import gantry.acceptance.harness.Subprocess;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Python's package `docker`, as Debian has it. What is done and expected is in
/// `acceptance/clients/python-docker`.
@E2e
class PythonClientTest {
  private final Engine engine;
  private final Cli cli;

  PythonClientTest(Engine engine, Cli cli) {
    this.engine = engine;
    this.cli = cli;
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "health", "logs", "exec", "files", "networks", "volumes"})
  void scenario_isAsWithDocker(String scenario) {
    String script = Checkout.root().resolve("acceptance/clients/python-docker").toString();
    Subprocess.run(
            List.of(script, cli.name(), scenario),
            Map.of("DOCKER_HOST", engine.host()),
            new byte[0])
        .expect(0);
  }
}
