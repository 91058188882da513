package gantry.engine.container;

/// @param keepKinds refuse to replace a directory by something else, and the other way round
/// @param ownedByUser give everything to the container's user instead of the archive's owners
public record CopyInOptions(boolean keepKinds, boolean ownedByUser) {}
