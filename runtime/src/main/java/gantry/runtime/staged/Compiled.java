package gantry.runtime.staged;

import gantry.linux.Fd;
import gantry.stage.LaunchPlan;
import gantry.stage.Slot;
import java.util.Map;
import java.util.Optional;

/// A plan and what belongs to it.
///
/// @param descriptors for the stage beyond the standard ones, by number; borrowed
/// @param terminal slot in which the stage puts the master of a terminal, if there is one
record Compiled(LaunchPlan plan, Map<Integer, Fd> descriptors, Optional<Slot> terminal) {}
