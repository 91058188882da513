package gantry.cli.image;

import gantry.cli.format.Units;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.Column;
import gantry.cli.listing.Listing;
import gantry.cli.listing.Texts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One line of the list of images: an image under one of its names.
///
/// @param json the API's summary
/// @param truncates whether the ID is shortened
public record ImageRow(
    JsonObject json, String repository, String tag, String digest, boolean truncates) {

  private static final String NONE = "<none>";

  static final String TABLE =
      "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}";
  static final String TABLE_WITH_DIGESTS =
      "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}";

  public static final Listing<ImageRow> LISTING =
      new Listing<>(
          "*formatter.imageContext",
          List.of(
              Column.of("ID", "IMAGE ID", ImageRow::id),
              Column.of("Repository", "REPOSITORY", ImageRow::repository),
              Column.of("Tag", "TAG", ImageRow::tag),
              Column.of("Digest", "DIGEST", ImageRow::digest),
              Column.of("CreatedSince", "CREATED", row -> Texts.since(row.json.number("Created"))),
              Column.of("CreatedAt", "CREATED AT", row -> Texts.goTime(row.json.number("Created"))),
              Column.of("Size", "SIZE", row -> Units.decimalSize(row.json.real("Size"), 3)),
              Column.of("Containers", "CONTAINERS", ImageRow::containers),
              Column.of("VirtualSize", "SIZE", row -> Units.decimalSize(row.json.real("Size"))),
              Column.of("SharedSize", "SHARED SIZE", ImageRow::shared),
              Column.of("UniqueSize", "UNIQUE SIZE", ImageRow::unique)));

  private Object id() {
    return truncates ? Texts.shortId(json.text("Id")) : json.text("Id");
  }

  private Object containers() {
    return json.number("Containers") == -1 ? "N/A" : Long.toString(json.number("Containers"));
  }

  private Object shared() {
    return json.number("SharedSize") == -1 ? "N/A" : Units.decimalSize(json.real("SharedSize"));
  }

  private Object unique() {
    if (json.number("SharedSize") == -1 || json.number("Size") == -1) {
      return "N/A";
    }
    return Units.decimalSize((double) (json.number("Size") - json.number("SharedSize")));
  }

  /// The lines of one image: one for each name, or one without a name.
  ///
  /// @param digests whether names by digest get lines of their own
  public static List<ImageRow> of(JsonObject image, boolean truncates, boolean digests) {
    Map<String, List<String>> tags = new LinkedHashMap<>();
    Map<String, List<String>> digestsOf = new LinkedHashMap<>();
    for (String name : image.texts("RepoTags")) {
      int colon = name.lastIndexOf(':');
      tags.computeIfAbsent(name.substring(0, colon), _ -> new ArrayList<>())
          .add(name.substring(colon + 1));
    }
    for (String name : image.texts("RepoDigests")) {
      int at = name.lastIndexOf('@');
      digestsOf
          .computeIfAbsent(name.substring(0, at), _ -> new ArrayList<>())
          .add(name.substring(at + 1));
    }
    tags.remove(NONE);
    digestsOf.remove(NONE);
    List<ImageRow> rows = new ArrayList<>();
    tags.forEach(
        (repository, names) -> {
          List<String> known = digestsOf.getOrDefault(repository, List.of());
          digestsOf.remove(repository);
          for (String tag : names) {
            if (!digests || known.isEmpty()) {
              rows.add(new ImageRow(image, repository, tag, NONE, truncates));
            } else {
              known.forEach(
                  digest -> rows.add(new ImageRow(image, repository, tag, digest, truncates)));
            }
          }
        });
    digestsOf.forEach(
        (repository, known) ->
            (digests ? known : List.of(NONE))
                .forEach(
                    digest -> rows.add(new ImageRow(image, repository, NONE, digest, truncates))));
    if (rows.isEmpty()) {
      rows.add(new ImageRow(image, NONE, NONE, NONE, truncates));
    }
    return rows;
  }
}
