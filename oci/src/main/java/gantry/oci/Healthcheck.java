package gantry.oci;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.List;

/// How to learn whether a container is well: Docker's extension of the image config.
///
/// @param test empty: inherit; `NONE`; `CMD` and arguments; `CMD-SHELL` and a line
/// @param interval between tests; zero here and below: the default
/// @param retries failures in a row that make it unhealthy
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Healthcheck(
    @JsonProperty("Test") List<String> test,
    @JsonProperty("Interval") Duration interval,
    @JsonProperty("Timeout") Duration timeout,
    @JsonProperty("StartPeriod") Duration startPeriod,
    @JsonProperty("StartInterval") Duration startInterval,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) @JsonProperty("Retries") int retries) {

  public Healthcheck {
    test = Values.list(test);
    interval = orZero(interval);
    timeout = orZero(timeout);
    startPeriod = orZero(startPeriod);
    startInterval = orZero(startInterval);
  }

  private static Duration orZero(@org.jspecify.annotations.Nullable Duration duration) {
    return duration == null ? Duration.ZERO : duration;
  }
}
