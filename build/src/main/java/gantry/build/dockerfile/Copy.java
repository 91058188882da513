package gantry.build.dockerfile;

import java.util.List;
import java.util.Optional;

/// `COPY [FLAGS] SOURCE … DESTINATION`: files out of the context, a stage or an image.
///
/// @param sources paths and globs below the root of what is copied from
/// @param heredocs sources that stand in the Dockerfile itself
/// @param from a stage's name or number, a named context or an image; none: the build's context
/// @param chown `USER[:GROUP]`, names or numbers
/// @param chmod octal or symbolic
/// @param link whether the files become a layer that does not depend on those below
/// @param parents whether the sources' directories are made too
/// @param excludes patterns of what to leave out
public record Copy(
    Origin origin,
    List<String> sources,
    List<Heredoc> heredocs,
    String destination,
    Optional<String> from,
    Optional<String> chown,
    Optional<String> chmod,
    boolean link,
    boolean parents,
    List<String> excludes)
    implements Instruction {
  public Copy {
    sources = List.copyOf(sources);
    heredocs = List.copyOf(heredocs);
    excludes = List.copyOf(excludes);
  }

  @Override
  public Copy expand(Variables variables) {
    Expander expander = new Expander(origin, variables);
    return new Copy(
        origin,
        expander.each(sources),
        expander.bodies(heredocs),
        expander.word(destination),
        from,
        expander.word(chown),
        expander.word(chmod),
        link,
        parents,
        expander.each(excludes));
  }
}
