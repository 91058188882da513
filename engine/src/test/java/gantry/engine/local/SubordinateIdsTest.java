package gantry.engine.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.engine.EngineException;
import gantry.linux.process.IdMaps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubordinateIdsTest {
  @TempDir Path etc;
  private SubordinateIds ids;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(etc.resolve("passwd"), "root:x:0:0::/:/bin/sh\nada:x:1001:1001::/:/bin/sh\n");
    Files.writeString(etc.resolve("group"), "root:x:0:\nmath:x:77:\n");
    Files.writeString(
        etc.resolve("subuid"),
        "ada:100000:10\nbob:1:1\n1001:200000:5\ndockremap:300000:65536\nbad:x:1\n");
    Files.writeString(
        etc.resolve("subgid"), "math:400000:65536\ndockremap:300000:65536\nada:5:5\n");
    ids = new SubordinateIds(etc);
  }

  @Test
  void rangesOfAUser_followOneAnother_byNameAndNumber() {
    IdMaps maps = ids.maps("ada:math");
    assertThat(maps.uids().text()).isEqualTo("0 100000 10\n10 200000 5\n");
    assertThat(maps.rootGid()).isEqualTo(400000);
    assertThat(ids.maps("1001:77")).isEqualTo(maps);
    assertThat(maps.uids().outside(12)).hasValue(200002);
    assertThat(maps.uids().inside(200002)).hasValue(12);
    assertThat(maps.uids().inside(0)).isEmpty();
    assertThat(maps.uids().outside(15)).isEmpty();
  }

  @Test
  void default_isDockersUser() {
    assertThat(ids.maps("default").rootUid()).isEqualTo(300000);
  }

  @Test
  void default_getsIdsThatAreNobodys_once() throws IOException {
    Files.writeString(etc.resolve("subuid"), "ada:100000:65536\nbob:300000:5");
    Files.delete(etc.resolve("subgid"));
    IdMaps maps = ids.maps("default");
    assertThat(maps.uids().text()).isEqualTo("0 300005 65536\n");
    assertThat(maps.gids().text()).isEqualTo("0 100000 65536\n");
    assertThat(etc.resolve("subuid"))
        .hasContent("ada:100000:65536\nbob:300000:5\ndockremap:300005:65536\n");
    assertThat(ids.maps("default")).isEqualTo(maps);
  }

  @Test
  void default_withoutIdsLeft_isToldSo() throws IOException {
    Files.writeString(etc.resolve("subuid"), "ada:100000:4294900000\n");
    assertThatThrownBy(() -> ids.maps("default"))
        .hasMessage("userns-remap: %s has no ids left".formatted(etc.resolve("subuid")));
  }

  @Test
  void userWithoutIds_isToldWhatToAdd() {
    assertThatThrownBy(() -> ids.maps("eve"))
        .isInstanceOf(EngineException.class)
        .hasMessage(
            "userns-remap: %s has no ids for 'eve'; add a line such as eve:231072:65536"
                .formatted(etc.resolve("subuid")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":", "a:", ":b", "a:b:c", "bad"})
  void badText_isRefused(String text) {
    assertThatThrownBy(() -> ids.maps(text)).isInstanceOf(EngineException.class);
  }
}
