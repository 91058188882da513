package gantry.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.cli.api.DaemonException;
import gantry.cli.http.Endpoint;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DaemonStarterTest {
  @Test
  void start_notRoot_saysWhoMay() {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    DaemonStarter starter =
        new DaemonStarter(
            new Endpoint.Unix("/nosuch"),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            () -> false);
    assertThatThrownBy(starter::start)
        .isInstanceOf(DaemonException.class)
        .hasMessage(
            "no daemon answers at unix:///nosuch, and only root may start one: run \"sudo gantry daemon\", or this command with sudo");
    assertThat(err.size()).isZero();
  }
}
