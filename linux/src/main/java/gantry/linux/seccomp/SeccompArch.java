package gantry.linux.seccomp;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// A calling convention of system calls: what a filter tells apart by `seccomp_data.arch`, and by
/// bit 30 of the number for x32.
///
/// Source: `linux/audit.h` (`AUDIT_ARCH_*`), `asm/unistd.h`; all of them are little-endian.
public enum SeccompArch {
  X86_64("SCMP_ARCH_X86_64", "amd64", 0xc000003e, 0, true),
  X86("SCMP_ARCH_X86", "x86", 0x40000003, 0, false),
  X32("SCMP_ARCH_X32", "x32", 0xc000003e, 0x40000000, false),
  AARCH64("SCMP_ARCH_AARCH64", "arm64", 0xc00000b7, 0, true),
  ARM("SCMP_ARCH_ARM", "arm", 0x40000028, 0, false);

  private final String ociName;
  private final String profileName;
  private final int auditArch;
  private final int numberBase;
  private final boolean wide;

  SeccompArch(String ociName, String profileName, int auditArch, int numberBase, boolean wide) {
    this.ociName = ociName;
    this.profileName = profileName;
    this.auditArch = auditArch;
    this.numberBase = numberBase;
    this.wide = wide;
  }

  /// The name in `architectures` and `archMap`, e.g. `SCMP_ARCH_X86_64`.
  public String ociName() {
    return ociName;
  }

  /// The name in `includes.arches` and `excludes.arches`, e.g. `amd64`.
  public String profileName() {
    return profileName;
  }

  /// The value of `seccomp_data.arch`.
  int auditArch() {
    return auditArch;
  }

  /// What the table's numbers have added in `seccomp_data.nr`.
  int numberBase() {
    return numberBase;
  }

  /// Whether arguments have 64 bits; else only the lower half is looked at.
  boolean wide() {
    return wide;
  }

  /// The other conventions that a kernel of this one may serve.
  List<SeccompArch> compatible() {
    return switch (this) {
      case X86_64 -> List.of(X86, X32);
      case AARCH64 -> List.of(ARM);
      case X86, X32, ARM -> List.of();
    };
  }

  /// The convention of this machine.
  ///
  /// @throws UnsupportedOperationException on a machine that is neither x86-64 nor arm64
  public static SeccompArch host() {
    String arch = System.getProperty("os.arch");
    return switch (arch) {
      case "amd64" -> X86_64;
      case "aarch64" -> AARCH64;
      default ->
          throw new UnsupportedOperationException(
              "no seccomp filters for architecture '%s'; supported are amd64 and aarch64"
                  .formatted(arch));
    };
  }

  static Optional<SeccompArch> ofOciName(String name) {
    return Arrays.stream(values()).filter(arch -> arch.ociName.equals(name)).findFirst();
  }
}
