package gantry.engine.device;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.Resources.DeviceRequest;
import gantry.oci.cdi.CdiSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The devices that requests mean: `--device vendor.com/class=name` names them, `--gpus` asks for
/// so many of what has some capabilities, which are GPUs of NVIDIA's kind.
public final class DeviceSelection {
  private static final String GPU = "nvidia.com/gpu=";
  private static final Set<String> GPU_CAPABILITIES =
      Set.of(
          "gpu", "nvidia", "compute", "compat32", "graphics", "utility", "video", "display", "ngx");

  private DeviceSelection() {}

  /// Full names of the devices, of those that are there.
  ///
  /// @throws EngineException in Docker's words when a request means nothing
  public static List<String> of(List<DeviceRequest> requests, List<String> present) {
    List<String> names = new ArrayList<>();
    for (DeviceRequest request : requests) {
      if (request.driver().equals("cdi")) {
        names.addAll(named(request));
      } else if (meansGpus(request) && present.stream().anyMatch(name -> name.startsWith(GPU))) {
        names.addAll(gpus(request, present));
      } else {
        throw invalid(
            "could not select device driver \"%s\" with capabilities: %s"
                .formatted(request.driver(), request.capabilities().toString().replace(", ", " ")));
      }
    }
    return names;
  }

  private static List<String> named(DeviceRequest request) {
    if (request.count() != 0) {
      throw invalid("unexpected count in CDI device request");
    }
    if (!request.options().isEmpty()) {
      throw invalid("unexpected options in CDI device request");
    }
    for (String name : request.deviceIds()) {
      if (!CdiSpec.isQualified(name)) {
        throw invalid("invalid device '%s': expected vendor.com/class=name".formatted(name));
      }
    }
    return request.deviceIds();
  }

  /// Capabilities are alternatives, each of which lists what it needs.
  private static boolean meansGpus(DeviceRequest request) {
    return (request.driver().isEmpty() || request.driver().equals("nvidia"))
        && (request.capabilities().isEmpty()
            ? request.driver().equals("nvidia")
            : request.capabilities().stream().anyMatch(GPU_CAPABILITIES::containsAll));
  }

  private static List<String> gpus(DeviceRequest request, List<String> present) {
    if (request.count() != 0 && !request.deviceIds().isEmpty()) {
      throw invalid("cannot set both Count and DeviceIDs on device request");
    }
    if (!request.deviceIds().isEmpty()) {
      return request.deviceIds().stream().map(id -> id.startsWith(GPU) ? id : GPU + id).toList();
    }
    if (request.count() < 0) {
      return present.contains(GPU + "all")
          ? List.of(GPU + "all")
          : present.stream().filter(name -> name.startsWith(GPU)).toList();
    }
    // The first ones, by number: files list a GPU under its UUID besides.
    List<String> names = new ArrayList<>();
    for (int i = 0; i < request.count(); i++) {
      if (!present.contains(GPU + i)) {
        throw invalid(
            "cannot give %d GPUs: %s%d is not described on this machine"
                .formatted(request.count(), GPU, i));
      }
      names.add(GPU + i);
    }
    return names;
  }

  private static EngineException invalid(String message) {
    return new EngineException(ErrorKind.INVALID_ARGUMENT, message);
  }
}
