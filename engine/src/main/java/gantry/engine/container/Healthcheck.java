package gantry.engine.container;

import java.time.Duration;
import java.util.List;

/// How to find out whether a container works; zero durations are the image's or the defaults.
///
/// @param test `NONE`, `CMD …` or `CMD-SHELL …`; empty inherits the image's
public record Healthcheck(
    List<String> test,
    Duration interval,
    Duration timeout,
    Duration startPeriod,
    Duration startInterval,
    int retries) {}
