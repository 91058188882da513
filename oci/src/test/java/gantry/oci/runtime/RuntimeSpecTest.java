package gantry.oci.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

class RuntimeSpecTest {
  private final ObjectMapper json = new ObjectMapper();

  @Test
  void read_emptyDocument_hasNoNulls() throws Exception {
    RuntimeSpec spec = json.readValue("{}", RuntimeSpec.class);
    assertThat(spec.process().cwd()).isEqualTo("/");
    assertThat(spec.process().user()).isEqualTo(User.ROOT);
    assertThat(spec.linux().namespaces()).isEmpty();
    assertThat(spec.mounts()).isEmpty();
  }

  @Test
  void write_andRead_isTheSame() throws Exception {
    RuntimeSpec spec =
        json.readValue("{}", RuntimeSpec.class)
            .withHostname("web")
            .withMounts(List.of(Mount.of("/proc", "proc", "proc", "nosuid", "noexec")))
            .withLinux(
                LinuxSpec.EMPTY.withNamespaces(
                    List.of(
                        Namespace.fresh(Namespace.Type.PID),
                        new Namespace(Namespace.Type.NETWORK, "/proc/1/ns/net"))));
    assertThat(json.readValue(json.writeValueAsString(spec), RuntimeSpec.class)).isEqualTo(spec);
  }

  @Test
  void write_namespace_usesTheSpecsNames() throws Exception {
    assertThat(json.writeValueAsString(Namespace.fresh(Namespace.Type.NETWORK)))
        .isEqualTo("{\"type\":\"network\"}");
  }

  @Test
  void rlimit_unlimited_isUnsigned() throws Exception {
    Rlimit limit =
        json.readValue(
            "{\"type\":\"RLIMIT_CORE\",\"soft\":18446744073709551615,\"hard\":-1}", Rlimit.class);
    assertThat(limit).isEqualTo(new Rlimit("RLIMIT_CORE", -1, -1));
    assertThat(json.writeValueAsString(limit)).contains("\"soft\":18446744073709551615");
  }
}
