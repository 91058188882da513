package gantry.engine.local;

import gantry.engine.EngineConfig;
import gantry.engine.spec.HostProfile;
import gantry.image.ImageStore;
import gantry.linux.event.EventLoop;
import java.util.concurrent.Executor;

/// What the parts of the engine share: the rooms below, and the engine's own memory.
///
/// @param cleaner runs what may hang in the kernel and nobody waits for: few platform threads
record Rooms(
    EngineConfig config,
    EnginePaths paths,
    EventLoop loop,
    HostProfile host,
    Machine machine,
    ImageStore images,
    Runtimes runtimes,
    ContainerStore containers,
    ContainerRecords records,
    LocalVolumes volumes,
    LocalNetworks networks,
    Groups groups,
    UserMapping users,
    EventNames events,
    StepMounts steps,
    Executor cleaner) {}
