package gantry.cli.create;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// `--volume`: `source:target[:options]`, or a target alone for a volume without a name.
///
/// @param source what is mounted; empty for a volume without a name
/// @param text the whole, a source relative to the working directory made absolute
record VolumeSpec(String source, String text) {

  static VolumeSpec parse(String spec) {
    if (spec.isEmpty()) {
      throw new IllegalArgumentException("invalid empty volume spec");
    }
    List<String> sections = sections(spec);
    if (sections.size() < 2) {
      return new VolumeSpec("", spec);
    }
    String source = sections.getFirst();
    if (source.startsWith(".")) {
      int colon = spec.indexOf(':');
      return new VolumeSpec(
          source, Path.of(source).toAbsolutePath().normalize() + spec.substring(colon));
    }
    return new VolumeSpec(source, spec);
  }

  /// Parts the text at its colons, but for the one behind a single letter: Docker takes that for a
  /// Windows drive.
  private static List<String> sections(String spec) {
    List<String> sections = new ArrayList<>();
    if (spec.length() <= 2) {
      sections.add(spec);
      return sections;
    }
    StringBuilder section = new StringBuilder();
    for (int i = 0; i < spec.length(); i++) {
      char c = spec.charAt(i);
      boolean drive = section.length() == 1 && Character.isLetter(section.charAt(0));
      if (c != ':' || drive) {
        section.append(c);
        continue;
      }
      if (section.isEmpty()) {
        throw new IllegalArgumentException(
            "invalid spec: " + spec + ": empty section between colons");
      }
      sections.add(section.toString());
      section.setLength(0);
    }
    sections.add(section.toString());
    return sections;
  }
}
