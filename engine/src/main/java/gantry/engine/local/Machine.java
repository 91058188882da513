package gantry.engine.local;

import gantry.engine.spec.SpecCheck;
import java.util.Set;

/// What this machine is, as far as containers can ask for it; read once.
///
/// @param cpuList processors online, as the kernel lists them
/// @param oomScoreAdj of this process
record Machine(
    String hostname,
    String kernelRelease,
    int cpus,
    String cpuList,
    long memoryBytes,
    boolean swapLimit,
    int cgroupVersion,
    int oomScoreAdj,
    Set<String> runtimes) {

  SpecCheck.Machine specMachine() {
    return new SpecCheck.Machine(cpus, cpuList, swapLimit, runtimes);
  }
}
