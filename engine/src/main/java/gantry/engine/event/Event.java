package gantry.engine.event;

import java.time.Instant;
import java.util.Map;

/// Something that happened: `type` is `container`, `image`, `network`, `volume`, `daemon` or
/// `builder`; `action` Docker's word for it, e.g. `die` or `exec_create: sh`.
public record Event(
    String type, String action, String id, Map<String, String> attributes, Instant time) {}
