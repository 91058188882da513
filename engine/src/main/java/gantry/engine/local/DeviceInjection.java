package gantry.engine.local;

import gantry.engine.spec.RuntimeSpecBuilder.HostDevice;
import gantry.oci.cdi.ContainerEdits;
import gantry.oci.runtime.Device;
import gantry.oci.runtime.Hook;
import gantry.oci.runtime.Mount;
import gantry.oci.runtime.ProcessSpec;
import gantry.oci.runtime.Resources;
import gantry.oci.runtime.Resources.DeviceRule;
import gantry.oci.runtime.RuntimeSpec;
import gantry.oci.runtime.User;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Adds to a container's config what devices need. What an edit sets counts more than what is
/// there, and a later edit more than an earlier one.
final class DeviceInjection {
  private final RuntimeSpec spec;
  private final Map<String, String> environment = new LinkedHashMap<>();
  private final Map<String, Device> devices = new LinkedHashMap<>();
  private final List<DeviceRule> rules = new ArrayList<>();
  private final Map<String, Mount> mounts = new LinkedHashMap<>();
  private final Map<String, List<Hook>> hooks = new LinkedHashMap<>();
  private final Set<Integer> groups = new LinkedHashSet<>();

  private DeviceInjection(RuntimeSpec spec) {
    this.spec = spec;
    spec.process().env().forEach(this::set);
    spec.linux().devices().forEach(device -> devices.put(device.path(), device));
    spec.mounts().forEach(mount -> mounts.put(mount.destination(), mount));
    spec.hooks().forEach((when, all) -> hooks.put(when, new ArrayList<>(all)));
    groups.addAll(spec.process().user().additionalGids());
  }

  static RuntimeSpec apply(RuntimeSpec spec, List<ContainerEdits> edits) {
    if (edits.isEmpty()) {
      return spec;
    }
    DeviceInjection injection = new DeviceInjection(spec);
    edits.forEach(injection::add);
    return injection.result();
  }

  private void set(String variable) {
    int equals = variable.indexOf('=');
    environment.put(equals < 0 ? variable : variable.substring(0, equals), variable);
  }

  private void add(ContainerEdits edits) {
    edits.env().forEach(this::set);
    edits.deviceNodes().forEach(this::add);
    edits.mounts().forEach(this::add);
    for (ContainerEdits.Hook hook : edits.hooks()) {
      hooks
          .computeIfAbsent(hook.hookName(), _ -> new ArrayList<>())
          .add(new Hook(hook.path(), hook.args(), hook.env(), hook.timeout()));
    }
    edits.additionalGids().forEach(gid -> groups.add(gid.intValue()));
  }

  private void add(ContainerEdits.DeviceNode node) {
    String rights = node.permissions().isEmpty() ? "rwm" : node.permissions();
    HostDevice host = HostDevices.find(node.hostPath(), rights);
    Device found = host.node();
    Device device =
        new Device(
            node.type().isEmpty() ? found.type() : node.type(),
            node.path(),
            node.major() == null ? found.major() : node.major(),
            node.minor() == null ? found.minor() : node.minor(),
            node.fileMode() == null ? found.fileMode() : node.fileMode(),
            node.uid() == null ? Integer.valueOf(spec.process().user().uid()) : node.uid(),
            node.gid() == null ? Integer.valueOf(spec.process().user().gid()) : node.gid());
    devices.put(device.path(), device);
    if (!device.type().equals("p")) {
      rules.add(
          new DeviceRule(
              true, device.type().equals("b") ? "b" : "c", device.major(), device.minor(), rights));
    }
  }

  private void add(ContainerEdits.Mount mount) {
    List<String> options = new ArrayList<>(mount.options());
    boolean bind = mount.type().isEmpty() || mount.type().equals("bind");
    if (bind && !options.contains("bind") && !options.contains("rbind")) {
      options.add("rbind");
    }
    mounts.remove(mount.containerPath()); // it comes after what it may be in
    mounts.put(
        mount.containerPath(),
        new Mount(mount.containerPath(), bind ? "bind" : mount.type(), mount.hostPath(), options));
  }

  private RuntimeSpec result() {
    User user = spec.process().user();
    ProcessSpec process =
        spec.process()
            .builder()
            .env(List.copyOf(environment.values()))
            .user(new User(user.uid(), user.gid(), user.umask(), List.copyOf(groups)))
            .build();
    Resources resources = spec.linux().resources();
    List<DeviceRule> allowed = new ArrayList<>(resources == null ? List.of() : resources.devices());
    allowed.addAll(rules);
    return spec.withProcess(process)
        .withMounts(List.copyOf(mounts.values()))
        .withHooks(hooks)
        .withLinux(
            spec.linux()
                .builder()
                .devices(List.copyOf(devices.values()))
                .resources(resources == null ? null : resources.withDevices(allowed))
                .build());
  }
}
