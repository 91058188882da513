package gantry.build.context;

import java.nio.file.Path;
import java.util.Optional;

/// What lets a build into a git repository that not everybody may read.
///
/// @param token sent to the repository's web server as a password (the secret `GIT_AUTH_TOKEN`)
/// @param sshAgent the socket of an agent that has keys
public record GitAccess(Optional<String> token, Optional<Path> sshAgent) {
  /// For what everybody may read.
  public static final GitAccess ANYBODY = new GitAccess(Optional.empty(), Optional.empty());

  /// Without the token.
  @Override
  public String toString() {
    return "GitAccess" + (token.isPresent() ? " with a token" : "");
  }
}
