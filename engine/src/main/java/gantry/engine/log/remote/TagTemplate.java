package gantry.engine.log.remote;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The `tag` option: text with Docker's fields in it, `{{.Name}}/{{.ID}}`.
public final class TagTemplate {
  private static final Pattern FIELD = Pattern.compile("\\{\\{\\s*\\.(\\w+)\\s*}}");
  private static final String DEFAULT = "{{.ID}}";

  private TagTemplate() {}

  /// The tag; without a template the container's short id.
  public static String apply(String template, LogSubject subject, List<String> problems) {
    Matcher matcher = FIELD.matcher(template.isEmpty() ? DEFAULT : template);
    StringBuilder tag = new StringBuilder();
    while (matcher.find()) {
      Optional<String> value = field(matcher.group(1), subject);
      if (value.isEmpty()) {
        problems.add(
            "invalid log tag '%s': there is no field '%s'".formatted(template, matcher.group(1)));
      }
      matcher.appendReplacement(tag, Matcher.quoteReplacement(value.orElse("")));
    }
    matcher.appendTail(tag);
    if (tag.indexOf("{{") >= 0) {
      problems.add(
          "invalid log tag '%s': fields are written {{.ID}}, {{.FullID}}, {{.Name}}, {{.ImageID}}, {{.ImageFullID}}, {{.ImageName}}, {{.Command}} and {{.DaemonName}}"
              .formatted(template));
    }
    return tag.toString();
  }

  private static Optional<String> field(String name, LogSubject subject) {
    return Optional.ofNullable(
        switch (name) {
          case "ID" -> subject.shortId();
          case "FullID" -> subject.id();
          case "Name" -> subject.name();
          case "ImageID" -> subject.shortImageId();
          case "ImageFullID" -> subject.imageId();
          case "ImageName" -> subject.imageName();
          case "Command" -> subject.command();
          case "DaemonName" -> "gantry";
          default -> null;
        });
  }
}
