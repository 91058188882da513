package gantry.build.dockerfile;

import java.util.List;
import java.util.Optional;

/// `ADD [FLAGS] SOURCE … DESTINATION`: files out of the context, of the network or of git
/// repositories; archives are unpacked.
///
/// @param sources paths and globs of the context, URLs, git references
/// @param heredocs sources that stand in the Dockerfile itself
/// @param chown `USER[:GROUP]`, names or numbers
/// @param chmod octal or symbolic
/// @param link whether the files become a layer that does not depend on those below
/// @param parents whether the sources' directories are made too
/// @param excludes patterns of what to leave out
/// @param checksum what a URL's file must have: `sha256:…`
/// @param keepGitDir whether a git source keeps its `.git`
/// @param unpack whether archives are unpacked; none: local ones are, those of the network are not
public record Add(
    Origin origin,
    List<String> sources,
    List<Heredoc> heredocs,
    String destination,
    Optional<String> chown,
    Optional<String> chmod,
    boolean link,
    boolean parents,
    List<String> excludes,
    Optional<String> checksum,
    boolean keepGitDir,
    Optional<Boolean> unpack)
    implements Instruction {
  public Add {
    sources = List.copyOf(sources);
    heredocs = List.copyOf(heredocs);
    excludes = List.copyOf(excludes);
  }

  @Override
  public Add expand(Variables variables) {
    Expander expander = new Expander(origin, variables);
    return new Add(
        origin,
        expander.each(sources),
        expander.bodies(heredocs),
        expander.word(destination),
        expander.word(chown),
        expander.word(chmod),
        link,
        parents,
        expander.each(excludes),
        expander.word(checksum),
        keepGitDir,
        unpack);
  }
}
