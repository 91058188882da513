package gantry.testcontainers;

import gantry.engine.image.Images;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/// Loads archives of images, those that were not loaded before.
///
/// What was loaded is noted beside the images, by path, size and time, after the load: a load that
/// was cut short is done again.
final class Archives {
  private final Images images;
  private final Path notes;

  Archives(Images images, Path notes) {
    this.images = images;
    this.notes = notes;
  }

  /// @param places archives, and folders whose `*.tar` are meant
  void load(List<Path> places) throws IOException {
    Files.createDirectories(notes);
    for (Path archive : archives(places)) {
      Path note = notes.resolve(name(archive));
      if (!Files.exists(note)) {
        try (InputStream content = Files.newInputStream(archive)) {
          images.load(content, Optional.empty(), true, progress -> {});
        }
        Files.writeString(note, archive + "\n");
      }
    }
  }

  private static List<Path> archives(List<Path> places) throws IOException {
    List<Path> archives = new ArrayList<>();
    for (Path place : places) {
      if (!Files.exists(place)) {
        throw new NoSuchFileException(
            place.toString(), null, "no such archive or folder of images; see gantry.images");
      }
      if (!Files.isDirectory(place)) {
        archives.add(place);
        continue;
      }
      try (Stream<Path> files = Files.list(place)) {
        files.filter(file -> file.toString().endsWith(".tar")).sorted().forEach(archives::add);
      }
    }
    return archives;
  }

  private static String name(Path archive) throws IOException {
    String version =
        "%s %d %s".formatted(archive, Files.size(archive), Files.getLastModifiedTime(archive));
    return UUID.nameUUIDFromBytes(version.getBytes(StandardCharsets.UTF_8)).toString();
  }
}
