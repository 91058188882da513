package gantry.oci.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.oci.FormatException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CdiSpecTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static final String YAML =
      """
      cdiVersion: 0.6.0
      kind: acme.com/null
      devices:
        - name: 0
          containerEdits:
            deviceNodes:
              - path: /dev/acme0
                hostPath: /dev/null
                permissions: rw
                fileMode: 0644
            env: [ACME=0]
      containerEdits:
        mounts:
          - {hostPath: /etc/hostname, containerPath: /acme, options: [ro, bind]}
        additionalGids: [44]
        hooks:
          - {hookName: createContainer, path: /bin/hook, args: [hook, "1"]}
      """;

  private static final String JSON =
      """
      {"cdiVersion":"0.6.0","kind":"acme.com/null","devices":[{"name":"0","containerEdits":{
       "deviceNodes":[{"path":"/dev/acme0","hostPath":"/dev/null","permissions":"rw",
       "fileMode":420}],"env":["ACME=0"]}}],"containerEdits":{"mounts":[{"hostPath":
       "/etc/hostname","containerPath":"/acme","options":["ro","bind"]}],"additionalGids":[44],
       "hooks":[{"hookName":"createContainer","path":"/bin/hook","args":["hook","1"]}]}}
      """;

  @Test
  void yaml_isWhatItsJsonIs() {
    CdiSpec spec = CdiSpec.parseYaml(bytes(YAML));
    assertThat(spec).isEqualTo(CdiSpec.parseJson(bytes(JSON)));
    assertThat(spec.qualified(spec.devices().getFirst())).isEqualTo("acme.com/null=0");
    assertThat(spec.containerEdits().additionalGids()).isEqualTo(List.of(44L));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cdiVersion: 2.0.0\nkind: a.com/b\ndevices: [{name: x}]",
        "cdiVersion: 0.6.0\nkind: b\ndevices: [{name: x}]",
        "cdiVersion: 0.6.0\nkind: a.com/b\ndevices: []",
        "cdiVersion: 0.6.0\nkind: a.com/b\ndevices: [{name: x}, {name: x}]",
        "cdiVersion: 0.6.0\nkind: a.com/b\ndevices: [{name: -x}]",
        "cdiVersion: 0.6.0\nkind: a.com/b\ndevices: [{name: x, containerEdits: {env: [X]}}]",
        "cdiVersion: 0.6.0\nkind: a.com/b\ndevices: [{name: x, containerEdits: {deviceNodes: [{path: x}]}}]",
        "cdiVersion: 0.6.0\nkind: a.com/b\ndevices: [{name: x, containerEdits: {hooks: [{hookName: x, path: /x}]}}]",
        "cdiVersion: 0.6.0\nkind: a.com/b\na: &a [1]\nb: [*a, *a]\ndevices: [{name: x}]",
        "- 1",
        "a: !!javax.script.ScriptEngineManager []",
        "a: [",
        ""
      })
  void badDocument_isRefused(String yaml) {
    assertThatThrownBy(() -> CdiSpec.parseYaml(bytes(yaml))).isInstanceOf(FormatException.class);
  }

  @Test
  void qualifiedName_isToldFromAPath() {
    assertThat(CdiSpec.isQualified("acme.com/null=0")).isTrue();
    assertThat(CdiSpec.isQualified("/dev/null")).isFalse();
    assertThat(CdiSpec.isQualified("acme.com/null=")).isFalse();
    assertThat(CdiSpec.isQualified("=0")).isFalse();
  }
}
