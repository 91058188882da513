package gantry.oci.runtime;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import java.math.BigInteger;

/// A resource limit of setrlimit(2). Spec: `config.md`, "POSIX process", `rlimits`.
///
/// @param type e.g. `RLIMIT_NOFILE`
/// @param soft as the kernel reads it: unsigned, -1 for no limit
/// @param hard as the kernel reads it: unsigned, -1 for no limit
@JsonIgnoreProperties(ignoreUnknown = true)
public record Rlimit(
    String type,
    @JsonSerialize(using = UnsignedLong.class) long soft,
    @JsonSerialize(using = UnsignedLong.class) long hard) {

  @JsonCreator
  static Rlimit read(
      @JsonProperty("type") String type,
      @JsonProperty("soft") BigInteger soft,
      @JsonProperty("hard") BigInteger hard) {
    return new Rlimit(type, soft.longValue(), hard.longValue());
  }
}
