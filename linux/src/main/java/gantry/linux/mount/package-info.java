/// Mounts by descriptor: made detached, shaped, then attached or handed on, without a path and
/// without a trace in the host's table.
package gantry.linux.mount;
