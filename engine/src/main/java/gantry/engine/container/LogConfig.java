package gantry.engine.container;

import java.util.Map;

/// Where a container's output goes: the driver's name and its options; an empty driver is the
/// engine's default.
public record LogConfig(String driver, Map<String, String> options) {}
