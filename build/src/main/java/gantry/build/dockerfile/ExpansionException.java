package gantry.build.dockerfile;

/// A word whose variables cannot be expanded; [Instruction#expand] adds where it stands.
final class ExpansionException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ExpansionException(String message) {
    super(message);
  }
}
