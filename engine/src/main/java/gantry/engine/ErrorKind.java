package gantry.engine;

/// What a failed request means to the program that made it; one switch in `daemon` turns these into
/// HTTP statuses.
public enum ErrorKind {
  /// The request itself is wrong: a bad name, an unknown option, a value out of range.
  INVALID_ARGUMENT,
  /// What the request names does not exist.
  NOT_FOUND,
  /// The request is right, but not in the present state of its object.
  CONFLICT,
  /// The request will never be allowed on this object.
  FORBIDDEN,
  /// The object is in the wanted state already; nothing was done.
  UNCHANGED,
  /// The credentials are missing or wrong.
  UNAUTHORIZED,
  /// Something outside that is needed does not answer.
  UNAVAILABLE,
  /// Gantry does not do this.
  NOT_IMPLEMENTED,
  /// Our own fault, or the machine's.
  INTERNAL
}
