package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.bpf.DeviceFilter;
import gantry.linux.cgroup.Cgroup;
import gantry.linux.cgroup.Cgroups;
import gantry.linux.cgroup.Hierarchy;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import gantry.linux.security.DeviceRule;
import gantry.oci.runtime.Resources;
import gantry.runtime.LaunchException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// The device rules of a config, given to the `devices` controller of v1, or as a program to v2.
final class DeviceAccess {
  private DeviceAccess() {}

  /// Nothing is done for an empty list: the group may what its parent may.
  static void apply(Cgroups cgroups, Cgroup group, String path, List<Resources.DeviceRule> rules) {
    if (rules.isEmpty()) {
      return;
    }
    List<DeviceRule> all = rules.stream().map(DeviceAccess::rule).toList();
    Optional<Hierarchy> v1 =
        cgroups.used().stream().filter(h -> h.controllers().contains("devices")).findFirst();
    if (v1.isPresent()) {
      write(v1.get().mountPoint() + path, all);
    } else {
      try (OwnedFd directory = group.openDirectory().orElseThrow(DeviceAccess::noController)) {
        DeviceFilter.attach(directory, all);
      }
    }
  }

  private static LaunchException noController() {
    return new LaunchException(
        LaunchException.Kind.CONFIG,
        "cannot limit which devices the container may use: neither the devices hierarchy of cgroup v1 nor cgroup v2 is mounted under /sys/fs/cgroup",
        Errno.EOPNOTSUPP);
  }

  private static void write(String directory, List<DeviceRule> rules) {
    try (OwnedFd allow = At.open(Fd.CWD, directory + "/devices.allow", OpenFlags.O_WRONLY);
        OwnedFd deny = At.open(Fd.CWD, directory + "/devices.deny", OpenFlags.O_WRONLY)) {
      for (DeviceRule rule : rules) {
        OwnedFd file = rule.verdict() == DeviceRule.Verdict.ALLOW ? allow : deny;
        FileIo.writeFully(file, rule.v1Line().getBytes(StandardCharsets.US_ASCII));
      }
    }
  }

  static DeviceRule rule(Resources.DeviceRule rule) {
    return new DeviceRule(
        rule.allow() ? DeviceRule.Verdict.ALLOW : DeviceRule.Verdict.DENY,
        switch (rule.type()) {
          case "b" -> DeviceRule.Kind.BLOCK;
          case "c", "u" -> DeviceRule.Kind.CHARACTER;
          default -> DeviceRule.Kind.ANY;
        },
        number(rule.major()),
        number(rule.minor()),
        rule.access().isEmpty() ? DeviceRule.EVERYTHING : DeviceRule.access(rule.access()));
  }

  /// Absent and negative numbers stand for all.
  private static OptionalInt number(@Nullable Long number) {
    return number == null || number < 0 ? OptionalInt.empty() : OptionalInt.of(number.intValue());
  }
}
