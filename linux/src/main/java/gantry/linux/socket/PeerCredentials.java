package gantry.linux.socket;

/// Who connected, as of then.
///
/// @param pid process; 0 if it is in a namespace that this one does not see
/// @param uid user
/// @param gid group
public record PeerCredentials(int pid, int uid, int gid) {}
