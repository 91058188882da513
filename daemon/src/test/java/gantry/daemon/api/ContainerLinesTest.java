package gantry.daemon.api;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.daemon.json.JsonWriter;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.container.Status;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ContainerLinesTest {
  private static final ApiVersion OLD = new ApiVersion(1, 44);

  private final FakeEngine engine = new FakeEngine();
  private final ContainerLines lines = new ContainerLines();
  private final Instant now = Instant.now();

  private ContainerView container(String name, Status status) {
    ContainerSpec spec = ContainerSpec.builder("busybox").networkMode("bridge").build();
    return engine.put(name, spec, FakeEngine.state(status));
  }

  private String written(ContainerView container, String image, ApiVersion version, Instant time) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    lines.write(out, container, image, version, time);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static String plain(
      ContainerView container, String image, ApiVersion version, Instant time) {
    JsonWriter json = new JsonWriter();
    ContainerJson.line(json, container, image, version, time, Optional.empty());
    return json.toString();
  }

  @Test
  void write_anyState_isThePlainLine() {
    for (Status status : Status.values()) {
      ContainerView view = container("web", status);
      for (ApiVersion version : List.of(OLD, ApiVersion.NEWEST, OLD)) {
        assertThat(written(view, "busybox", version, now))
            .isEqualTo(plain(view, "busybox", version, now));
      }
    }
  }

  @Test
  void write_later_saysHowLate() {
    ContainerView view = container("web", Status.RUNNING);
    String first = written(view, "busybox", ApiVersion.NEWEST, now);
    Instant later = now.plusSeconds(3 * 3600);
    assertThat(written(view, "busybox", ApiVersion.NEWEST, later))
        .isEqualTo(plain(view, "busybox", ApiVersion.NEWEST, later))
        .isNotEqualTo(first)
        .contains(" hours");
  }

  @Test
  void write_changed_isWrittenAnew() {
    ContainerView before = container("web", Status.CREATED);
    assertThat(written(before, "busybox", ApiVersion.NEWEST, now)).contains("\"created\"");
    ContainerView after = container("web", Status.RUNNING);
    assertThat(written(after, "busybox", ApiVersion.NEWEST, now)).contains("\"running\"");
    assertThat(written(after, "sha256:1", ApiVersion.NEWEST, now)).contains("\"sha256:1\"");
  }

  @Test
  void keepOnly_aContainerThatIsGone_isWrittenAgainWhenItComesBack() {
    ContainerView gone = container("gone", Status.CREATED);
    ContainerView stays = container("stays", Status.CREATED);
    String line = written(gone, "busybox", ApiVersion.NEWEST, now);
    written(stays, "busybox", ApiVersion.NEWEST, now);
    assertThat(lines.kept()).isEqualTo(2);
    lines.keepOnly(List.of(stays));
    assertThat(lines.kept()).isEqualTo(1);
    assertThat(written(gone, "busybox", ApiVersion.NEWEST, now)).isEqualTo(line);
  }
}
