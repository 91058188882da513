package gantry.build.solve;

import gantry.build.BuildRequest;
import gantry.oci.Platform;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The values of build arguments: those that the request gives, those that a Dockerfile sets before
/// its first stage, and those that every build has. For the one thread that prepares a build; read
/// by all.
///
/// Source: Docker's documentation, "Dockerfile reference", `ARG`.
final class BuildArguments {
  /// Given to commands without being declared, and part of no cache key: they say how to reach the
  /// network, not what to build.
  static final Set<String> PROXIES =
      Set.of(
          "HTTP_PROXY",
          "http_proxy",
          "HTTPS_PROXY",
          "https_proxy",
          "FTP_PROXY",
          "ftp_proxy",
          "NO_PROXY",
          "no_proxy",
          "ALL_PROXY",
          "all_proxy");

  private static final String PREDEFINED_PREFIX = "BUILDKIT_";

  private final Map<String, Optional<String>> given;
  private final Map<String, String> platform;
  private final Map<String, String> global = new LinkedHashMap<>();
  private final Set<String> used = new HashSet<>(); // guarded by itself

  BuildArguments(BuildRequest request, Platform build, Platform target) {
    this.given = request.arguments();
    this.platform = new LinkedHashMap<>();
    add("BUILD", build);
    add("TARGET", target);
    platform.put("TARGETSTAGE", request.target().orElse("default"));
  }

  private void add(String prefix, Platform of) {
    platform.put(prefix + "PLATFORM", of.toString());
    platform.put(prefix + "OS", of.os());
    platform.put(prefix + "ARCH", of.architecture());
    platform.put(prefix + "VARIANT", of.variant().orElse(""));
  }

  /// An `ARG` before the first stage.
  void setGlobal(String name, Optional<String> fallback) {
    Optional<String> value = given(name).or(() -> fallback);
    global.remove(name);
    value.ifPresent(text -> global.put(name, text));
  }

  /// What `FROM` sees.
  Optional<String> global(String name) {
    String value = global.get(name);
    return Optional.ofNullable(value != null ? value : platform.get(name));
  }

  /// What an `ARG` in a stage comes to.
  ///
  /// @param fallback its own default
  Optional<String> declared(String name, Optional<String> fallback) {
    return given(name).or(() -> fallback).or(() -> global(name));
  }

  private Optional<String> given(String name) {
    if (!given.containsKey(name)) {
      return Optional.empty();
    }
    synchronized (used) {
      used.add(name);
    }
    return given.getOrDefault(name, Optional.empty());
  }

  /// Proxies that the request gives.
  Map<String, String> proxies() {
    Map<String, String> proxies = new LinkedHashMap<>();
    for (String name : PROXIES) {
      given.getOrDefault(name, Optional.empty()).ifPresent(value -> proxies.put(name, value));
    }
    return proxies;
  }

  /// Names of arguments that were given and that nothing asked for.
  Set<String> unused() {
    Set<String> unused = new java.util.TreeSet<>(given.keySet());
    synchronized (used) {
      unused.removeAll(used);
    }
    unused.removeIf(
        name ->
            PROXIES.contains(name)
                || name.startsWith(PREDEFINED_PREFIX)
                || name.equals("SOURCE_DATE_EPOCH")
                || platform.containsKey(name));
    return unused;
  }
}
