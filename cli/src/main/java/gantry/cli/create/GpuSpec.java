package gantry.cli.create;

import gantry.cli.format.GoNumbers;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// `--gpus`: `all`, a number, or `device=…,driver=…,capabilities=…,options=…`.
final class GpuSpec {

  private GpuSpec() {}

  static JsonObject parse(String spec) {
    JsonObject request =
        JsonObject.create().put("Driver", "").put("Count", 0L).put("DeviceIDs", JsonNull.NULL);
    List<Object> capabilities = new ArrayList<>();
    JsonObject options = JsonObject.create();
    boolean counted = false;
    for (String field : Csv.split(spec)) {
      int equals = field.indexOf('=');
      String key = equals < 0 ? "count" : field.substring(0, equals).toLowerCase(Locale.ROOT);
      String value = equals < 0 ? field : field.substring(equals + 1);
      switch (key) {
        case "driver" -> request.put("Driver", value);
        case "count" -> {
          request.put("Count", count(value));
          counted = true;
        }
        case "device" ->
            request.put("DeviceIDs", new ArrayList<Object>(List.of(value.split(",", -1))));
        case "capabilities" -> capabilities.addAll(List.of(value.split(",", -1)));
        case "options" -> {
          for (String option : Csv.split(value)) {
            int split = option.indexOf('=');
            options.put(
                split < 0 ? option : option.substring(0, split),
                split < 0 ? "" : option.substring(split + 1));
          }
        }
        default ->
            throw new IllegalArgumentException("unexpected key '" + key + "' in '" + field + "'");
      }
    }
    if (!capabilities.contains("gpu")) {
      capabilities.add("gpu");
    }
    if (!counted && request.get("DeviceIDs") == JsonNull.NULL) {
      request.put("Count", 1L);
    }
    return request.put("Capabilities", List.<Object>of(capabilities)).put("Options", options);
  }

  private static long count(String value) {
    if (value.equals("all")) {
      return -1;
    }
    try {
      return GoNumbers.parseInt(value, 64);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "invalid count ("
              + value
              + "): value must be either \"all\" or an integer: "
              + e.getMessage(),
          e);
    }
  }
}
