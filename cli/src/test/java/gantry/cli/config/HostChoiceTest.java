package gantry.cli.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostChoiceTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "'', '', unix:///run/gantry/gantry.sock, true",
    "'', unix:///run/gantry/gantry.sock, unix:///run/gantry/gantry.sock, true",
    "unix:///run/gantry/gantry.sock, tcp://other:1, unix:///run/gantry/gantry.sock, true",
    "'', unix:///var/run/docker.sock, unix:///var/run/docker.sock, false",
    "tcp://other:1, unix:///run/gantry/gantry.sock, tcp://other:1, false"
  })
  void ownSocket_isOursToListenOn_whoeverNamesIt(
      String option, String dockerHost, String url, boolean preset) throws IOException {
    Map<String, String> environment = Map.of("DOCKER_HOST", dockerHost);
    HostChoice.Wish wish = HostChoice.Wish.of(option, "", Optional.empty(), environment);
    String host = wish.host().isEmpty() ? HostChoice.DEFAULT_URL : wish.host();
    HostChoice choice = HostChoice.of(wish, new Contexts(folder, Contexts.DEFAULT, host));
    assertThat(choice).isEqualTo(new HostChoice(url, preset, Optional.empty()));
  }
}
