package gantry.engine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CdiDevicesTest {
  @TempDir Path etc;
  @TempDir Path run;

  private static void write(Path folder, String file, String device, String value)
      throws IOException {
    Files.writeString(
        folder.resolve(file),
        """
        cdiVersion: 0.6.0
        kind: acme.com/null
        containerEdits: {env: [SHARED=%2$s]}
        devices: [{name: "%1$s", containerEdits: {env: [OWN=%1$s]}}]
        """
            .formatted(device, value));
  }

  private CdiDevices read() {
    return CdiDevices.read(List.of(etc, run, Path.of("/nonexistent")));
  }

  @Test
  void laterFolder_countsMore() throws IOException {
    write(etc, "a.yaml", "0", "etc");
    write(run, "a.yaml", "0", "run");
    assertThat(read().names()).containsExactly("acme.com/null=0");
    assertThat(read().edits(List.of("acme.com/null=0")).getFirst().env())
        .containsExactly("SHARED=run");
  }

  @Test
  void sharedEdits_comeOncePerFile_beforeTheDevices() throws IOException {
    Files.writeString(
        etc.resolve("a.json"),
        """
        {"cdiVersion":"0.6.0","kind":"acme.com/null","containerEdits":{"env":["S=1"]},
        "devices":[{"name":"0","containerEdits":{"env":["A=0"]}},{"name":"1"}]}""");
    assertThat(read().edits(List.of("acme.com/null=0", "acme.com/null=1", "acme.com/null=0")))
        .extracting(edits -> edits.env())
        .containsExactly(List.of("S=1"), List.of("A=0"), List.of());
  }

  @Test
  void deviceOfTwoFiles_isNobodys() throws IOException {
    write(etc, "a.yaml", "0", "a");
    write(etc, "b.yaml", "0", "b");
    write(etc, "c.yaml", "1", "c");
    assertThat(read().names()).containsExactly("acme.com/null=1");
    assertThatThrownBy(() -> read().edits(List.of("acme.com/null=0")))
        .hasMessageStartingWith(
            "CDI device injection failed: unresolvable CDI devices acme.com/null=0 (")
        .hasMessageContaining("is described by");
  }

  @ParameterizedTest
  @ValueSource(strings = {"netDevices", "intelRdt"})
  void whatNoContainerGets_isRefusedByName_whenItIsAskedFor(String edit) throws IOException {
    Files.writeString(
        etc.resolve("net.json"),
        """
        {"cdiVersion":"1.1.0","kind":"acme.com/net","devices":[
         {"name":"with","containerEdits":{"%s":{}}},
         {"name":"without","containerEdits":{"env":["A=1"]}}]}"""
            .formatted(edit));
    assertThat(read().edits(List.of("acme.com/net=without"))).hasSize(2);
    assertThatThrownBy(() -> read().edits(List.of("acme.com/net=with")))
        .hasMessage(
            "CDI device injection failed: acme.com/net=with needs '%s', which Gantry does not set; %s describes the device"
                .formatted(edit, etc.resolve("net.json")));
  }

  @Test
  void brokenFile_spoilsNoOther_andItsReasonIsTold() throws IOException {
    write(etc, "good.yaml", "0", "x");
    Files.writeString(etc.resolve("bad.json"), "{\"cdiVersion\":\"0.6.0\"}");
    Files.writeString(etc.resolve("not-ours.txt"), "{");
    assertThat(read().names()).containsExactly("acme.com/null=0");
    assertThatThrownBy(() -> read().edits(List.of("acme.com/null=9")))
        .hasMessageContaining("bad.json: invalid CDI spec: invalid kind");
  }
}
