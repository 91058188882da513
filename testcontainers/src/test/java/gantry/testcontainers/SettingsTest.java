package gantry.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SettingsTest {
  private static final Path CACHE = Path.of("/home/me/.cache");

  private static Settings of(Map<String, String> settings) {
    return Settings.of(name -> Optional.ofNullable(settings.get(name)), CACHE);
  }

  @Test
  void nothing_isTheUsersCache_withoutImages() {
    assertThat(of(Map.of()))
        .isEqualTo(new Settings(CACHE.resolve("gantry/testcontainers"), List.of()));
  }

  @Test
  void paths_areMadeAbsolute() {
    Settings settings = of(Map.of("gantry.data.root", "/srv/../data", "gantry.images", "/a: b ::"));
    assertThat(settings.dataRoots()).isEqualTo(Path.of("/data"));
    assertThat(settings.images()).containsExactly(Path.of("/a"), Path.of("b").toAbsolutePath());
  }
}
