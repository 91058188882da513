package gantry.acceptance;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The rooms of docs/architecture.md and who may know whom. An edge is added here first, with its
/// reason.
class ModuleGraphTest {
  private static final Map<String, Set<String>> MAY_KNOW =
      Map.ofEntries(
          entry("linux", Set.of()), // the kernel and nothing else
          entry("stage", Set.of("linux")), // descriptors and system call numbers
          entry("oci", Set.of()), // data formats, no I/O
          entry("state", Set.of()), // one database for whoever keeps metadata
          entry("http", Set.of("linux")), // what the kernel tells of a client's socket
          entry(
              "image",
              Set.of(
                  "linux", "oci",
                  "state")), // layers onto disk, manifests, references in the database
          entry(
              "runtime",
              Set.of("linux", "stage", "oci")), // an OCI config compiled into a launch plan
          entry(
              "network",
              Set.of("linux", "state")), // rtnetlink and nftables; addresses in use in the database
          entry(
              "build",
              Set.of(
                  "linux", "oci", "state",
                  "image")), // files by descriptor; layers and images; its cache in the database
          entry(
              "store",
              Set.of(
                  "oci", "state", "image",
                  "http")), // manifests; metadata in the database; what is in a layer's tar
          entry(
              "engine",
              Set.of(
                  "linux", "stage", "oci", "state", "image", "runtime", "network",
                  "build")), // the domain over all of it; of the stage the init program alone
          entry(
              "daemon",
              Set.of(
                  "linux", "oci", "state", "http", "build", "store",
                  "engine")), // HTTP; descriptors of hijacked streams; digests and references;
          // what a build is asked for, and its events, which are an API's own;
          // the Store's process, and why its database is not to be had
          entry(
              "testcontainers",
              Set.of(
                  "linux", "engine",
                  "daemon")), // an engine in the test's process, served to the test; its folder
          entry(
              "cli",
              Set.of(
                  "linux"))); // reaches the daemon over HTTP alone; sets terminals by system calls

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("gantry");

  static Set<String> rooms() {
    return MAY_KNOW.keySet();
  }

  private static String room(JavaClass type) {
    String[] parts = type.getPackageName().split("\\.", -1);
    return parts.length > 1 && parts[0].equals("gantry") ? parts[1] : "";
  }

  @Test
  void everyRoom_isListed() {
    assertThat(
            CLASSES.stream()
                .map(ModuleGraphTest::room)
                .filter(room -> !room.equals("acceptance") && !room.equals("testing"))
                .distinct())
        .isNotEmpty()
        .allMatch(MAY_KNOW::containsKey);
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void room_knowsOnlyWhatIsListed(String room) {
    Set<String> allowed = MAY_KNOW.getOrDefault(room, Set.of());
    noClasses()
        .that(describe("belong to " + room, type -> room(type).equals(room)))
        .should()
        .dependOnClassesThat(
            describe(
                "belong to a room other than " + allowed,
                type ->
                    MAY_KNOW.containsKey(room(type))
                        && !room(type).equals(room)
                        && !allowed.contains(room(type))))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void onlyLinux_callsNativeCode() {
    noClasses()
        .that(describe("do not belong to linux", type -> !room(type).equals("linux")))
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.Linker")
        .check(CLASSES);
  }

  @Test
  void onlyHttp_knowsNetty() {
    noClasses()
        .that(describe("do not belong to http", type -> !room(type).equals("http")))
        .should()
        .dependOnClassesThat(resideInAPackage("io.netty.."))
        .check(CLASSES);
  }

  @Test
  void packagesOfARoom_haveNoCycles() {
    SlicesRuleDefinition.slices()
        .matching("gantry.(**)")
        .should()
        .beFreeOfCycles()
        // the one door: Engine.open is how users of the library get an engine
        .ignoreDependency(
            describe("Engine", type -> type.getFullName().equals("gantry.engine.Engine")),
            describe(
                "LocalEngine",
                type -> type.getFullName().equals("gantry.engine.local.LocalEngine")))
        .check(CLASSES);
  }
}
