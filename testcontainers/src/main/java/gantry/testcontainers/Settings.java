package gantry.testcontainers;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.testcontainers.utility.TestcontainersConfiguration;

/// What a project or a user can choose.
///
/// @param dataRoots folder in which each virtual machine takes a data root; `gantry.data.root`,
///   else `gantry/testcontainers` in the user's cache
/// @param images archives of images, and folders of such, that are loaded before the first test;
///   `gantry.images`, separated by colons
record Settings(Path dataRoots, List<Path> images) {
  private static final String DATA_ROOT = "gantry.data.root";
  private static final String IMAGES = "gantry.images";

  Settings {
    images = List.copyOf(images);
  }

  static Settings ofTestcontainers() {
    TestcontainersConfiguration configuration = TestcontainersConfiguration.getInstance();
    return of(
        name -> Optional.ofNullable(configuration.getEnvVarOrProperty(name, null)),
        Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
            .filter(folder -> folder.startsWith("/"))
            .map(Path::of)
            .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache")));
  }

  static Settings of(Function<String, Optional<String>> setting, Path cache) {
    return new Settings(
        setting
            .apply(DATA_ROOT)
            .map(Path::of)
            .orElseGet(() -> cache.resolve("gantry/testcontainers"))
            .toAbsolutePath()
            .normalize(),
        setting.apply(IMAGES).stream()
            .flatMap(text -> Stream.of(text.split(":")))
            .map(String::strip)
            .filter(path -> !path.isEmpty())
            .map(path -> Path.of(path).toAbsolutePath().normalize())
            .toList());
  }
}
