package gantry.build.dockerfile;

import gantry.oci.Platform;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The global arguments of a file as a check knows them: this machine's platform, and the defaults.
final class Globals implements Variables {
  private final Map<String, String> values = new LinkedHashMap<>();

  Globals(Dockerfile file, Map<String, String> buildArgs) {
    Platform host = Platform.host();
    for (String side : new String[] {"BUILD", "TARGET"}) {
      values.put(side + "PLATFORM", host.toString());
      values.put(side + "OS", host.os());
      values.put(side + "ARCH", host.architecture());
      values.put(side + "VARIANT", host.variant().orElse(""));
    }
    values.put("TARGETSTAGE", "default");
    for (Arg arg : file.globalArgs()) {
      for (Arg.Argument argument : arg.arguments()) {
        declare(arg, argument, buildArgs);
      }
    }
  }

  private void declare(Arg arg, Arg.Argument argument, Map<String, String> buildArgs) {
    Optional<String> given = Optional.ofNullable(buildArgs.get(argument.name()));
    try {
      Optional<String> value = given.or(() -> arg.expand(argument, this).defaultValue());
      values.put(argument.name(), value.orElse(""));
    } catch (DockerfileException _) {
      values.put(argument.name(), ""); // the build tells, when it comes to it
    }
  }

  @Override
  public Optional<String> get(String name) {
    return Optional.ofNullable(values.get(name));
  }

  Set<String> names() {
    return values.keySet();
  }
}
