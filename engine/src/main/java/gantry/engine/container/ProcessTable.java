package gantry.engine.container;

import java.util.List;

/// Processes of a container as `ps` prints them.
public record ProcessTable(List<String> titles, List<List<String>> rows) {}
