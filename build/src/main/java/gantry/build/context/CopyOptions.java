package gantry.build.context;

import gantry.image.tar.Extractor.Owner;
import gantry.linux.file.TimeSpec;
import java.util.Optional;

/// How files get into an image.
///
/// @param owner whose everything becomes, also directories that are made on the way (`--chown`);
///   empty for root's, of a stage's files those who have them there
/// @param mode what becomes of permissions (`--chmod`); of what an archive holds nothing
/// @param latest times after this one become this one: the SOURCE_DATE_EPOCH of a build that is to
///   be the same every time. A directory into which something is put has the time of that anyway:
///   who writes the layer bounds it
/// @param archives what becomes of a source that is an archive itself
public record CopyOptions(
    Optional<Owner> owner,
    Optional<ModeChange> mode,
    Optional<TimeSpec> latest,
    Archives archives) {
  /// What becomes of a tar archive, packed or not, that a source names.
  public enum Archives {
    /// It is copied as any file: COPY.
    COPIED,
    /// What it holds is put into the destination: ADD.
    UNPACKED
  }

  /// As COPY does without options.
  public static final CopyOptions PLAIN =
      new CopyOptions(Optional.empty(), Optional.empty(), Optional.empty(), Archives.COPIED);

  /// As ADD does without options.
  public static final CopyOptions UNPACKING =
      new CopyOptions(Optional.empty(), Optional.empty(), Optional.empty(), Archives.UNPACKED);

  /// A time as it is to be in the image.
  TimeSpec time(TimeSpec time) {
    return latest
        .filter(
            limit ->
                time.seconds() > limit.seconds()
                    || (time.seconds() == limit.seconds() && time.nanos() > limit.nanos()))
        .orElse(time);
  }
}
