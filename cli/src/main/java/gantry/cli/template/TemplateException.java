package gantry.cli.template;

/// A template that cannot be parsed or executed; the message is Go's.
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String message;

  public TemplateException(String message) {
    super(message, null, false, false);
    this.message = message;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
