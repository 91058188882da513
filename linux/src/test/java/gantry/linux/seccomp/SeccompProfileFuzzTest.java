package gantry.linux.seccomp;

import com.code_intelligence.jazzer.junit.FuzzTest;
import gantry.linux.KernelVersion;
import gantry.linux.bpf.ClassicInterpreter;
import gantry.linux.security.Capability;
import java.nio.charset.StandardCharsets;

/// A profile from anywhere is refused with a reason, or becomes a filter that ends with an answer
/// for every call.
class SeccompProfileFuzzTest {
  private static final int[] NUMBERS = {0, 41, 56, 135, 466, 467, 0x40000001, 0x7fffffff, -1};

  @FuzzTest
  void profile(byte[] json) {
    SeccompProfile profile;
    byte[] filter;
    try {
      profile = SeccompProfile.parse(new String(json, StandardCharsets.UTF_8));
      filter =
          profile.compile(
              Capability.CONTAINER_DEFAULT, SeccompArch.X86_64, new KernelVersion(6, 1));
    } catch (IllegalArgumentException _) {
      return; // refused, as is right
    }
    ClassicInterpreter interpreter = new ClassicInterpreter(filter);
    for (SeccompArch arch : SeccompArch.values()) {
      for (int number : NUMBERS) {
        interpreter.run(arch.auditArch(), number, number, 1, 2);
      }
    }
  }
}
