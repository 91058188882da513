package gantry.store.content;

import gantry.oci.Digest;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Removes what nothing needs: tags that retention rules give up, manifests that they leave, blobs
/// that were pushed and never named, uploads that nobody goes on with, and files that nobody knows
/// of.
///
/// It runs beside pushes and pulls. First it makes a list, then it takes each thing away by the
/// same steps as a client's delete, which look again: what came into use meanwhile stays. A dry run
/// is the list alone.
public final class Collector {
  private static final int TAGS_READ = 1_000_000;

  /// How long a blob that nothing names, or an upload, may wait for what comes next.
  public static final Duration GRACE = Duration.ofHours(24);

  private final Registry registry;
  private final Policy policy;
  private final List<Retention> rules;
  private final Duration grace;

  public Collector(Registry registry, Policy policy, List<Retention> rules, Duration grace) {
    this.registry = registry;
    this.policy = policy;
    this.rules = List.copyOf(rules);
    this.grace = grace;
  }

  /// What goes, or would go.
  ///
  /// @param bytes that were, or would be, freed
  public record Report(
      List<String> tags, List<String> manifests, List<String> blobs, int uploads, long bytes) {}

  private record Doomed(RepositoryName repository, Digest digest) {}

  private static final class Plan {
    private final Set<Doomed> manifests = new LinkedHashSet<>();
    private final List<Doomed> tags = new ArrayList<>();
    private final List<String> tagNames = new ArrayList<>();
    private final Set<Doomed> blobs = new LinkedHashSet<>();
    private final Set<Digest> files = new LinkedHashSet<>();
  }

  /// Collects, or says what a collection would do.
  public synchronized Report run(boolean dryRun) throws IOException {
    registry.metadata().flushPulls();
    Instant now = Instant.now();
    registry.holds().expire(now);
    Plan plan = plan(now);
    int uploads =
        dryRun
            ? registry.metadata().uploads(now.minus(grace)).size()
            : registry.expireUploads(now.minus(grace));
    long bytes = size(plan.files);
    if (!dryRun) {
      bytes = carryOut(plan);
    }
    return new Report(
        plan.tagNames,
        plan.manifests.stream().map(d -> d.repository() + "@" + d.digest()).toList(),
        plan.files.stream().map(Digest::toString).toList(),
        uploads,
        bytes);
  }

  private long size(Set<Digest> files) throws IOException {
    long bytes = 0;
    for (Digest file : files) {
      bytes += registry.storedSize(file);
    }
    return bytes;
  }

  private Plan plan(Instant now) throws IOException {
    Plan plan = new Plan();
    String last = "";
    while (true) {
      List<RepositoryName> page = registry.metadata().repositories(last, 1000);
      for (RepositoryName repository : page) {
        rules.stream()
            .filter(rule -> rule.repository().matches(repository.text()))
            .findFirst()
            .ifPresent(rule -> give(plan, repository, rule, now));
      }
      if (page.isEmpty()) {
        break;
      }
      last = page.getLast().text();
    }
    registry.metadata().unused(now.minus(grace)).stream()
        .filter(blob -> !registry.holds().held(blob.repository(), blob.digest()))
        .forEach(blob -> plan.blobs.add(new Doomed(blob.repository(), blob.digest())));
    addFiles(plan);
    return plan;
  }

  private void give(Plan plan, RepositoryName repository, Retention rule, Instant now) {
    List<Metadata.TagLine> tags = registry.metadata().tags(repository, 0, TAGS_READ);
    Set<String> going = new HashSet<>();
    for (Metadata.TagLine tag : rule.doomed(tags, now)) {
      if (policy.movable(repository, tag.name())) {
        plan.tags.add(new Doomed(repository, tag.manifest().digest()));
        plan.tagNames.add(repository + ":" + tag.name());
        going.add(tag.name());
      }
    }
    Set<Digest> kept = new HashSet<>();
    tags.stream()
        .filter(tag -> !going.contains(tag.name()))
        .forEach(tag -> kept.add(tag.manifest().digest()));
    plan.tags.stream()
        .filter(tag -> tag.repository().equals(repository) && !kept.contains(tag.digest()))
        .filter(tag -> registry.metadata().naming(repository, tag.digest()).isEmpty())
        .forEach(plan.manifests::add);
    rule.untagged()
        .ifPresent(
            age ->
                registry
                    .metadata()
                    .untagged(repository, now.minus(age))
                    .forEach(digest -> plan.manifests.add(new Doomed(repository, digest))));
  }

  // Files of which nothing will be left once manifests and blobs of the plan are gone.
  private void addFiles(Plan plan) throws IOException {
    Set<Digest> candidates = new HashSet<>();
    for (Doomed manifest : List.copyOf(plan.manifests)) {
      addParts(plan, manifest, candidates);
    }
    plan.blobs.forEach(blob -> candidates.add(blob.digest()));
    for (Digest candidate : candidates) {
      if (willBeUnused(plan, candidate)) {
        plan.files.add(candidate);
      }
    }
    registry
        .blobs()
        .each(
            digest -> {
              if (!registry.metadata().inUse(digest)) {
                plan.files.add(digest);
              }
            });
  }

  private void addParts(Plan plan, Doomed manifest, Set<Digest> candidates) {
    plan.manifests.add(manifest);
    candidates.add(manifest.digest());
    for (Metadata.Part part : registry.metadata().parts(manifest.repository(), manifest.digest())) {
      if (!part.manifest()) {
        candidates.add(part.digest());
      } else if (onlyIn(plan, manifest.repository(), part.digest())) {
        addParts(plan, new Doomed(manifest.repository(), part.digest()), candidates);
      }
    }
  }

  private boolean onlyIn(Plan plan, RepositoryName repository, Digest part) {
    return registry.metadata().naming(repository, part).stream()
        .allMatch(by -> plan.manifests.contains(new Doomed(repository, by)));
  }

  private boolean willBeUnused(Plan plan, Digest digest) {
    Metadata metadata = registry.metadata();
    boolean manifestElsewhere =
        metadata.manifestIn(digest).stream()
            .anyMatch(repository -> !plan.manifests.contains(new Doomed(repository, digest)));
    return !manifestElsewhere
        && metadata.having(digest).stream()
            .allMatch(
                repository ->
                    !registry.holds().held(repository, digest)
                        && (plan.blobs.contains(new Doomed(repository, digest))
                            || (!metadata.naming(repository, digest).isEmpty()
                                && onlyIn(plan, repository, digest))));
  }

  private long carryOut(Plan plan) throws IOException {
    long before = size(plan.files);
    for (String name : plan.tagNames) {
      int colon = name.lastIndexOf(':');
      registry.dropTag(new RepositoryName(name.substring(0, colon)), name.substring(colon + 1));
    }
    for (Doomed manifest : plan.manifests) {
      if (registry.metadata().standsAlone(manifest.repository(), manifest.digest())) {
        registry.drop(manifest.repository(), manifest.digest());
      }
    }
    for (Doomed blob : plan.blobs) {
      registry.metadata().removeUnused(blob.repository(), Set.of(blob.digest()));
    }
    for (Digest file : plan.files) {
      long _ = registry.free(file);
    }
    return before - size(plan.files);
  }
}
