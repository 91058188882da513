package gantry.runtime.staged;

import gantry.linux.KernelVersion;
import gantry.linux.seccomp.SeccompArch;
import gantry.linux.seccomp.SeccompProfile;
import gantry.oci.Json;
import gantry.oci.runtime.Seccomp;
import gantry.runtime.LaunchException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Compiled filters, so that containers with the same profile share one. Thread-safe.
final class SeccompFilters {
  private static final int KEPT = 32;

  /// A filter ready to be installed.
  record Filter(Program bytes, int flags) {
    byte[] program() {
      return bytes.instructions;
    }
  }

  /// The instructions; never changed.
  static final class Program {
    private final byte[] instructions;

    Program(byte[] instructions) {
      this.instructions = instructions;
    }
  }

  private final Map<Seccomp, Filter> filters =
      Collections.synchronizedMap(
          new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Seccomp, Filter> eldest) {
              return size() > KEPT;
            }
          });

  private record Latest(Seccomp profile, Filter filter) {}

  /// Most containers have one profile, the same object: equal at a glance, where a look-up hashes
  /// its hundreds of names.
  private volatile @Nullable Latest latest;

  Filter of(Seccomp seccomp) {
    Latest before = latest;
    if (before != null && before.profile.equals(seccomp)) {
      return before.filter;
    }
    Filter known = filters.get(seccomp);
    if (known == null) {
      known = compile(seccomp);
      filters.put(seccomp, known);
    }
    latest = new Latest(seccomp, known);
    return known;
  }

  /// A config's rules hold unconditionally: whoever wrote them has looked at capabilities and
  /// kernel.
  private static Filter compile(Seccomp seccomp) {
    try {
      SeccompProfile profile =
          SeccompProfile.parse(new String(Json.write(seccomp), StandardCharsets.UTF_8));
      KernelVersion kernel = KernelVersion.current();
      byte[] program = profile.compile(Set.of(), SeccompArch.host(), kernel);
      return new Filter(new Program(program), profile.installFlags());
    } catch (IllegalArgumentException e) {
      throw new LaunchException(
          LaunchException.Kind.CONFIG, "the seccomp profile is wrong: " + e.getMessage(), e);
    }
  }
}
