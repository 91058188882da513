package gantry.engine.spec;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.engine.container.ContainerSpec;
import gantry.oci.ProcessDefaults;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ImageDefaultsTest {
  private static final ProcessDefaults IMAGE =
      ProcessDefaults.none().toBuilder()
          .entrypoint(List.of("entry"))
          .cmd(List.of("image-command"))
          .env(List.of("A=image", "B=image"))
          .labels(Map.of("l", "image"))
          .user("image-user")
          .volumes(Set.of("/v"))
          .build();

  @Test
  void merge_nothingSaid_isTheImages() {
    ContainerSpec spec = ImageDefaults.merge(ContainerSpec.builder("i").build(), IMAGE);
    assertThat(spec.program().entrypoint()).contains(List.of("entry"));
    assertThat(spec.program().command()).contains(List.of("image-command"));
    assertThat(spec.program().user()).isEqualTo("image-user");
    assertThat(spec.volumes()).containsExactly("/v");
  }

  @Test
  void merge_command_keepsTheImagesEntrypoint() {
    ContainerSpec spec =
        ImageDefaults.merge(ContainerSpec.builder("i").command("mine").build(), IMAGE);
    assertThat(spec.program().entrypoint()).contains(List.of("entry"));
    assertThat(spec.program().command()).contains(List.of("mine"));
  }

  @Test
  void merge_entrypoint_dropsTheImagesCommand() {
    ContainerSpec spec =
        ImageDefaults.merge(ContainerSpec.builder("i").entrypoint("mine").build(), IMAGE);
    assertThat(spec.program().entrypoint()).contains(List.of("mine"));
    assertThat(spec.program().command()).isEmpty();
  }

  @Test
  void merge_emptyEntrypoint_resetsBoth() {
    ContainerSpec spec =
        ImageDefaults.merge(ContainerSpec.builder("i").entrypoint("").command("sh").build(), IMAGE);
    assertThat(spec.program().entrypoint()).isEmpty();
    assertThat(spec.program().command()).contains(List.of("sh"));
  }

  @Test
  void merge_environment_usersFirst_namesWithoutValueKeepTheImagesAway() {
    ContainerSpec spec =
        ImageDefaults.merge(
            ContainerSpec.builder("i").environment(List.of("C=mine", "A")).build(), IMAGE);
    assertThat(spec.program().environment()).containsExactly("C=mine", "A", "B=image");
    assertThat(RuntimeSpecBuilder.environment(spec, "", "/", List.of()))
        .contains("C=mine", "B=image")
        .noneMatch(variable -> variable.startsWith("A="));
  }
}
