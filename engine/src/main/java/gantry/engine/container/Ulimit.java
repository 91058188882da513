package gantry.engine.container;

/// A resource limit by its setrlimit name without prefix, lower case: `nofile`; -1 is unlimited, as
/// in the API.
public record Ulimit(String name, long soft, long hard) {}
