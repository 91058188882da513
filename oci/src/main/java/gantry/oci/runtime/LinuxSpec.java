package gantry.oci.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The part of the config that only Linux has. Spec: `config-linux.md`.
///
/// @param sysctl name with dots to value
/// @param cgroupsPath absolute path of the container's cgroup beneath each hierarchy's root
/// @param rootfsPropagation `shared slave private unbindable` or empty
/// @param seccomp null for no filter
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record LinuxSpec(
    List<Namespace> namespaces,
    List<Device> devices,
    Map<String, String> sysctl,
    String cgroupsPath,
    @Nullable Resources resources,
    String rootfsPropagation,
    @Nullable Seccomp seccomp,
    List<String> maskedPaths,
    List<String> readonlyPaths,
    String mountLabel,
    List<IdMapping> uidMappings,
    List<IdMapping> gidMappings) {

  public static final LinuxSpec EMPTY =
      new LinuxSpec(
          List.of(), List.of(), Map.of(), "", null, "", null, List.of(), List.of(), "", List.of(),
          List.of());

  @SuppressWarnings("ConstantValue") // Jackson passes null for what the document leaves out
  public LinuxSpec {
    namespaces = Immutable.list(namespaces);
    devices = Immutable.list(devices);
    sysctl = Immutable.map(sysctl);
    cgroupsPath = cgroupsPath == null ? "" : cgroupsPath;
    rootfsPropagation = rootfsPropagation == null ? "" : rootfsPropagation;
    maskedPaths = Immutable.list(maskedPaths);
    readonlyPaths = Immutable.list(readonlyPaths);
    mountLabel = mountLabel == null ? "" : mountLabel;
    uidMappings = Immutable.list(uidMappings);
    gidMappings = Immutable.list(gidMappings);
  }

  /// The namespace of that kind, if the config has one.
  public Optional<Namespace> namespace(Namespace.Type type) {
    return namespaces.stream().filter(n -> n.type() == type).findFirst();
  }

  /// One range of ids: `size` ids from `containerID` inside are those from `hostID` outside.
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record IdMapping(long containerID, long hostID, long size) {}

  public LinuxSpec withNamespaces(List<Namespace> changed) {
    return builder().namespaces(changed).build();
  }

  public LinuxSpec withResources(@Nullable Resources changed) {
    return builder().resources(changed).build();
  }

  public LinuxSpec withSeccomp(@Nullable Seccomp changed) {
    return builder().seccomp(changed).build();
  }

  public LinuxSpec withCgroupsPath(String changed) {
    return builder().cgroupsPath(changed).build();
  }

  /// A builder that starts from this config.
  public Builder builder() {
    return new Builder(this);
  }

  /// Collects the parts; not thread-safe.
  public static final class Builder {
    private List<Namespace> namespaces;
    private List<Device> devices;
    private Map<String, String> sysctl;
    private String cgroupsPath;
    private @Nullable Resources resources;
    private String rootfsPropagation;
    private @Nullable Seccomp seccomp;
    private List<String> maskedPaths;
    private List<String> readonlyPaths;
    private String mountLabel;
    private List<IdMapping> uidMappings;
    private List<IdMapping> gidMappings;

    private Builder(LinuxSpec from) {
      namespaces = from.namespaces;
      devices = from.devices;
      sysctl = from.sysctl;
      cgroupsPath = from.cgroupsPath;
      resources = from.resources;
      rootfsPropagation = from.rootfsPropagation;
      seccomp = from.seccomp;
      maskedPaths = from.maskedPaths;
      readonlyPaths = from.readonlyPaths;
      mountLabel = from.mountLabel;
      uidMappings = from.uidMappings;
      gidMappings = from.gidMappings;
    }

    public Builder namespaces(List<Namespace> value) {
      namespaces = value;
      return this;
    }

    public Builder devices(List<Device> value) {
      devices = value;
      return this;
    }

    public Builder sysctl(Map<String, String> value) {
      sysctl = value;
      return this;
    }

    public Builder cgroupsPath(String value) {
      cgroupsPath = value;
      return this;
    }

    public Builder resources(@Nullable Resources value) {
      resources = value;
      return this;
    }

    public Builder rootfsPropagation(String value) {
      rootfsPropagation = value;
      return this;
    }

    public Builder seccomp(@Nullable Seccomp value) {
      seccomp = value;
      return this;
    }

    public Builder maskedPaths(List<String> value) {
      maskedPaths = value;
      return this;
    }

    public Builder readonlyPaths(List<String> value) {
      readonlyPaths = value;
      return this;
    }

    public Builder mountLabel(String value) {
      mountLabel = value;
      return this;
    }

    public Builder uidMappings(List<IdMapping> changed) {
      uidMappings = changed;
      return this;
    }

    public Builder gidMappings(List<IdMapping> changed) {
      gidMappings = changed;
      return this;
    }

    public LinuxSpec build() {
      return new LinuxSpec(
          namespaces,
          devices,
          sysctl,
          cgroupsPath,
          resources,
          rootfsPropagation,
          seccomp,
          maskedPaths,
          readonlyPaths,
          mountLabel,
          uidMappings,
          gidMappings);
    }
  }
}
