package gantry.oci.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whom a process runs as, by number: names are looked up by the caller, in the container's own
/// `/etc/passwd`. Spec: `config.md`, "User".
///
/// @param umask null to inherit
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record User(int uid, int gid, @Nullable Integer umask, List<Integer> additionalGids) {
  public static final User ROOT = new User(0, 0, null, List.of());

  public User {
    additionalGids = Immutable.list(additionalGids);
  }

  public static User of(int uid, int gid, List<Integer> additionalGids) {
    return new User(uid, gid, null, additionalGids);
  }
}
