package gantry.linux.bpf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import gantry.linux.security.DeviceRule;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The device permissions of a cgroup v2: a program that stays attached to the group, as long as
/// the group is there, without anybody holding it.
///
/// Source: bpf(2); `union bpf_attr` in `linux/bpf.h`. Needs CAP_SYS_ADMIN (or CAP_BPF and
/// CAP_NET_ADMIN), and a kernel with CONFIG_CGROUP_BPF.
public final class DeviceFilter {
  private static final int BPF_PROG_LOAD = 5;
  private static final int BPF_PROG_ATTACH = 8;
  private static final int BPF_PROG_DETACH = 9;
  private static final int BPF_PROG_GET_FD_BY_ID = 13;
  private static final int BPF_PROG_QUERY = 16;
  private static final int BPF_PROG_TYPE_CGROUP_DEVICE = 15;
  private static final int BPF_CGROUP_DEVICE = 6;
  private static final int BPF_F_ALLOW_MULTI = 2;
  private static final int BPF_F_REPLACE = 4; // since 5.6
  private static final int INSTRUCTION_BYTES = 8;
  private static final int ATTR_BYTES = 72;
  private static final int MAX_ATTACHED = 64;
  private static final int LOG_BYTES = 8192;

  private DeviceFilter() {}

  /// Makes `rules` the permissions of the group, in place of those it had: at no moment does the
  /// group have none, or more than before and after. What the groups above deny stays denied.
  ///
  /// @param cgroup a descriptor of the group's directory
  public static void attach(Fd cgroup, List<DeviceRule> rules) {
    List<OwnedFd> before = attached(cgroup);
    try (OwnedFd program = load(DeviceProgram.of(rules))) {
      if (before.isEmpty()) {
        attach(cgroup, program, BPF_F_ALLOW_MULTI, Fd.borrowed(0));
      } else {
        attach(cgroup, program, BPF_F_ALLOW_MULTI | BPF_F_REPLACE, before.getFirst());
      }
      before.stream().skip(1).forEach(old -> detach(cgroup, old));
    } finally {
      before.forEach(OwnedFd::close);
    }
  }

  /// How many programs are attached to the group itself.
  public static int count(Fd cgroup) {
    return ids(cgroup).size();
  }

  private static OwnedFd load(byte[] code) {
    try (Frame frame = Frame.open()) {
      MemorySegment attr = frame.allocate(ATTR_BYTES);
      attr.set(JAVA_INT, 0, BPF_PROG_TYPE_CGROUP_DEVICE);
      attr.set(JAVA_INT, 4, code.length / INSTRUCTION_BYTES);
      attr.set(JAVA_LONG, 8, frame.bytes(code));
      attr.set(JAVA_LONG, 16, frame.text("Apache-2.0"));
      putName(attr, 48, "gantry_devices");
      attr.set(JAVA_INT, 68, BPF_CGROUP_DEVICE);
      long result = frame.call(Sys.BPF, BPF_PROG_LOAD, attr.address(), ATTR_BYTES);
      String operand = "BPF_PROG_LOAD of device rules";
      return OwnedFd.adopt(
          result, "bpf", result < 0 ? operand + verifierLog(frame, attr) : operand);
    }
  }

  /// Loads once more, for the verifier's reasons.
  private static String verifierLog(Frame frame, MemorySegment attr) {
    MemorySegment log = frame.allocate(LOG_BYTES);
    attr.set(JAVA_INT, 24, 1);
    attr.set(JAVA_INT, 28, LOG_BYTES);
    attr.set(JAVA_LONG, 32, log.address());
    long result = frame.call(Sys.BPF, BPF_PROG_LOAD, attr.address(), ATTR_BYTES);
    if (result >= 0) {
      OwnedFd.adopt((int) result).close();
    }
    String text = log.getString(0, StandardCharsets.UTF_8).strip();
    return text.isEmpty() ? "" : ", the verifier: " + text;
  }

  private static void attach(Fd cgroup, Fd program, int flags, Fd replaced) {
    try (Frame frame = Frame.open()) {
      MemorySegment attr = frame.allocate(ATTR_BYTES);
      attr.set(JAVA_INT, 0, cgroup.value());
      attr.set(JAVA_INT, 4, program.value());
      attr.set(JAVA_INT, 8, BPF_CGROUP_DEVICE);
      attr.set(JAVA_INT, 12, flags);
      attr.set(JAVA_INT, 16, replaced.value());
      SyscallException.check(
          frame.call(Sys.BPF, BPF_PROG_ATTACH, attr.address(), ATTR_BYTES),
          "bpf",
          "BPF_PROG_ATTACH of device rules");
    }
  }

  private static void detach(Fd cgroup, Fd program) {
    try (Frame frame = Frame.open()) {
      MemorySegment attr = frame.allocate(ATTR_BYTES);
      attr.set(JAVA_INT, 0, cgroup.value());
      attr.set(JAVA_INT, 4, program.value());
      attr.set(JAVA_INT, 8, BPF_CGROUP_DEVICE);
      SyscallException.check(
          frame.call(Sys.BPF, BPF_PROG_DETACH, attr.address(), ATTR_BYTES),
          "bpf",
          "BPF_PROG_DETACH of device rules");
    }
  }

  private static List<OwnedFd> attached(Fd cgroup) {
    List<OwnedFd> programs = new ArrayList<>();
    for (int id : ids(cgroup)) {
      try (Frame frame = Frame.open()) {
        MemorySegment attr = frame.allocate(ATTR_BYTES);
        attr.set(JAVA_INT, 0, id);
        long result = frame.call(Sys.BPF, BPF_PROG_GET_FD_BY_ID, attr.address(), ATTR_BYTES);
        if (result != -Errno.ENOENT.number()) { // gone meanwhile
          programs.add(OwnedFd.adopt(result, "bpf", "BPF_PROG_GET_FD_BY_ID " + id));
        }
      } catch (SyscallException e) {
        programs.forEach(OwnedFd::close);
        throw e;
      }
    }
    return programs;
  }

  private static List<Integer> ids(Fd cgroup) {
    try (Frame frame = Frame.open()) {
      MemorySegment ids = frame.allocate(4L * MAX_ATTACHED);
      MemorySegment attr = frame.allocate(ATTR_BYTES);
      attr.set(JAVA_INT, 0, cgroup.value());
      attr.set(JAVA_INT, 4, BPF_CGROUP_DEVICE);
      attr.set(JAVA_LONG, 16, ids.address());
      attr.set(JAVA_INT, 24, MAX_ATTACHED);
      SyscallException.check(
          frame.call(Sys.BPF, BPF_PROG_QUERY, attr.address(), ATTR_BYTES),
          "bpf",
          "BPF_PROG_QUERY of device rules");
      List<Integer> result = new ArrayList<>();
      for (int i = 0; i < attr.get(JAVA_INT, 24); i++) {
        result.add(ids.getAtIndex(JAVA_INT, i));
      }
      return result;
    }
  }

  private static void putName(MemorySegment attr, long offset, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    MemorySegment.copy(bytes, 0, attr, JAVA_BYTE, offset, bytes.length);
  }
}
