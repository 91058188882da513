package gantry.runtime.staged;

/// What the compilers of plans must know of this machine.
///
/// @param capabilities mask of what this process may give away
/// @param kernelCore whether there is a `/proc/kcore`
record Machine(
    long capabilities, CgroupMounts cgroups, SeccompFilters filters, boolean kernelCore) {}
