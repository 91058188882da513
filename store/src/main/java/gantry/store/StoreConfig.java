package gantry.store;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import gantry.oci.Json;
import gantry.store.access.Access;
import gantry.store.access.Action;
import gantry.store.access.Rule;
import gantry.store.content.Glob;
import gantry.store.content.Policy;
import gantry.store.content.RepositoryName;
import gantry.store.content.Retention;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How a Store is to be.
///
/// @param root where everything is
/// @param htpasswd the users
/// @param rules who may do what
public record StoreConfig(
    Path root,
    Optional<Path> htpasswd,
    List<Rule> rules,
    Policy policy,
    List<Retention> retention) {

  private record Document(
      @Nullable String htpasswd,
      @Nullable List<RuleEntry> rights,
      @Nullable List<TagEntry> immutable,
      @Nullable List<QuotaEntry> quotas,
      @Nullable List<RetentionEntry> retention) {}

  private record RuleEntry(String repository, Set<String> who, Set<String> may) {}

  private record TagEntry(String repository, @Nullable String tags) {}

  private record QuotaEntry(String repository, long bytes) {}

  private record RetentionEntry(
      String repository,
      @Nullable String tags,
      @Nullable Integer keep,
      @JsonProperty("pushed-before-days") @Nullable Integer pushedBeforeDays,
      @JsonProperty("pulled-before-days") @Nullable Integer pulledBeforeDays,
      @JsonProperty("untagged-after-days") @Nullable Integer untaggedAfterDays) {}

  private record Rules(List<TagEntry> immutable, List<QuotaEntry> quotas) implements Policy {
    @Override
    public boolean movable(RepositoryName repository, String tag) {
      return immutable.stream()
          .noneMatch(
              entry ->
                  Glob.of(entry.repository()).matches(repository.text())
                      && Glob.of(entry.tags() == null ? "**" : entry.tags()).matches(tag));
    }

    @Override
    public OptionalLong quotaBytes(RepositoryName repository) {
      return quotas.stream()
          .filter(entry -> Glob.of(entry.repository()).matches(repository.text()))
          .mapToLong(QuotaEntry::bytes)
          .findFirst();
    }
  }

  /// Without a file: everybody may pull; who is logged in may push, or everybody where `open`.
  public static StoreConfig of(Path root, boolean open) {
    return new StoreConfig(
        root, Optional.empty(), Access.defaultRules(open), Policy.NONE, List.of());
  }

  /// Reads the one file of users, rights and rules.
  ///
  /// @throws IOException saying what is wrong with it
  public static StoreConfig read(Path root, Path file, boolean open) throws IOException {
    Document document;
    try {
      document =
          Json.mapper()
              .readerFor(Document.class)
              .with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
              .readValue(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new IOException(file + ": " + e.getOriginalMessage(), e);
    }
    try {
      return of(root, file, document, open);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private static StoreConfig of(Path root, Path file, Document document, boolean open) {
    Optional<Path> htpasswd =
        Optional.ofNullable(document.htpasswd())
            .map(name -> file.toAbsolutePath().resolveSibling(name));
    List<Rule> rules =
        document.rights() == null
            ? Access.defaultRules(open && htpasswd.isEmpty())
            : document.rights().stream().map(StoreConfig::rule).toList();
    return new StoreConfig(
        root,
        htpasswd,
        rules,
        new Rules(some(document.immutable()), some(document.quotas())),
        some(document.retention()).stream().map(StoreConfig::retention).toList());
  }

  private static <T> List<T> some(@Nullable List<T> values) {
    return values == null ? List.of() : List.copyOf(values);
  }

  private static Rule rule(RuleEntry entry) {
    Set<Action> may = EnumSet.noneOf(Action.class);
    for (String word : entry.may()) {
      may.add(
          Action.parse(word)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "'may' is of pull, push and delete, got '" + word + "'")));
    }
    return new Rule(Glob.of(entry.repository()), Set.copyOf(entry.who()), may);
  }

  private static Retention retention(RetentionEntry entry) {
    return new Retention(
        Glob.of(entry.repository()),
        Glob.of(entry.tags() == null ? "**" : entry.tags()),
        entry.keep() == null ? OptionalInt.empty() : OptionalInt.of(entry.keep()),
        days(entry.pushedBeforeDays()),
        days(entry.pulledBeforeDays()),
        days(entry.untaggedAfterDays()));
  }

  private static Optional<Duration> days(@Nullable Integer days) {
    return Optional.ofNullable(days).map(Duration::ofDays);
  }
}
