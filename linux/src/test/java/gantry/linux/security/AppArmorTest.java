package gantry.linux.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppArmorTest {
  @TempDir private Path sys;
  @TempDir private Path proc;
  private AppArmor appArmor = AppArmor.ofMachine();

  @BeforeEach
  void open() {
    appArmor = AppArmor.at(sys, proc);
  }

  @Test
  void enabled_needsTheSwitchAndTheInterface() throws IOException {
    assertThat(appArmor.enabled()).isFalse();
    write(sys.resolve("module/apparmor/parameters/enabled"), "Y\n");
    assertThat(appArmor.enabled()).isFalse();
    write(sys.resolve("kernel/security/apparmor/profiles"), "lsb_release (enforce)\n");
    assertThat(appArmor.enabled()).isTrue();
    write(sys.resolve("module/apparmor/parameters/enabled"), "N\n");
    assertThat(appArmor.enabled()).isFalse();
    assertThat(appArmor.loadDefault()).isFalse();
  }

  @Test
  void loaded_comparesWholeNames() throws IOException {
    write(
        sys.resolve("kernel/security/apparmor/profiles"),
        "gantry-default2 (enforce)\ndocker-default (complain)\n");
    assertThat(appArmor.loaded("gantry-default")).isFalse();
    assertThat(appArmor.loaded("docker-default")).isTrue();
  }

  @Test
  void execAttribute_isAppArmorsOwnWhereThereIsOne() throws IOException {
    assertThat(appArmor.execAttribute()).hasToString("/proc/self/attr/exec");
    write(proc.resolve("self/attr/apparmor/current"), "dockerd (enforce)\n");
    assertThat(appArmor.execAttribute()).hasToString("/proc/self/attr/apparmor/exec");
    assertThat(appArmor.ownProfile()).contains("dockerd");
    assertThat(AppArmor.execRequest("x")).isEqualTo("exec x");
    write(proc.resolve("self/attr/apparmor/current"), "unconfined\n");
    assertThat(appArmor.ownProfile()).isEmpty();
  }

  @Test
  void profileText_namesItsPeersOnce() {
    String text = appArmor.profileText("gantry-default", Optional.of("my engine"));
    assertThat(text)
        .contains("profile gantry-default flags=(attach_disconnected,mediate_deleted) {")
        .contains("  signal (receive) peer=unconfined,\n")
        .contains("  signal (receive) peer=\"my engine\",\n")
        .contains("  signal (send, receive) peer=gantry-default,\n")
        .contains("  deny mount,\n")
        .endsWith("}\n");
    assertThat(text.chars().filter(c -> c == '{').count())
        .isEqualTo(text.chars().filter(c -> c == '}').count());
  }

  private static void write(Path file, String text) throws IOException {
    Path directory = file.getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    Files.writeString(file, text);
  }
}
