package gantry.engine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.engine.EngineException;
import gantry.engine.container.Resources.DeviceRequest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeviceSelectionTest {
  private static final List<String> GPUS =
      List.of("acme.com/null=0", "nvidia.com/gpu=0", "nvidia.com/gpu=1", "nvidia.com/gpu=all");

  private static DeviceRequest request(String driver, int count, List<String> ids) {
    return new DeviceRequest(driver, count, ids, List.of(List.of("gpu")), Map.of());
  }

  @Test
  void gpus_areThoseOfTheFiles() {
    assertThat(DeviceSelection.of(List.of(request("", -1, List.of())), GPUS))
        .containsExactly("nvidia.com/gpu=all");
    assertThat(DeviceSelection.of(List.of(request("nvidia", 2, List.of())), GPUS))
        .containsExactly("nvidia.com/gpu=0", "nvidia.com/gpu=1");
    assertThat(DeviceSelection.of(List.of(request("", 0, List.of("1"))), GPUS))
        .containsExactly("nvidia.com/gpu=1");
    assertThat(DeviceSelection.of(List.of(request("", -1, List.of())), List.of("nvidia.com/gpu=7")))
        .containsExactly("nvidia.com/gpu=7");
  }

  @Test
  void moreGpusThanThereAre_isRefused() {
    assertThatThrownBy(() -> DeviceSelection.of(List.of(request("", 3, List.of())), GPUS))
        .hasMessage("cannot give 3 GPUs: nvidia.com/gpu=2 is not described on this machine");
  }

  @Test
  void noGpu_isDockersError() {
    assertThatThrownBy(
            () -> DeviceSelection.of(List.of(request("", -1, List.of())), List.of("a.com/b=0")))
        .isInstanceOf(EngineException.class)
        .hasMessage("could not select device driver \"\" with capabilities: [[gpu]]");
    assertThatThrownBy(
            () ->
                DeviceSelection.of(
                    List.of(
                        new DeviceRequest(
                            "", 1, List.of(), List.of(List.of("gpu", "tpu")), Map.of())),
                    GPUS))
        .hasMessage("could not select device driver \"\" with capabilities: [[gpu tpu]]");
  }

  @Test
  void namedDevices_areTaken_withoutACount() {
    DeviceRequest named =
        new DeviceRequest("cdi", 0, List.of("acme.com/null=0"), List.of(), Map.of());
    assertThat(DeviceSelection.of(List.of(named), GPUS)).containsExactly("acme.com/null=0");
    assertThatThrownBy(
            () ->
                DeviceSelection.of(
                    List.of(
                        new DeviceRequest(
                            "cdi", 1, List.of("acme.com/null=0"), List.of(), Map.of())),
                    GPUS))
        .hasMessage("unexpected count in CDI device request");
  }
}
