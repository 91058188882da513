package gantry.cli.command;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/// Asks the user before something is removed for good.
public final class Prompt {

  private Prompt() {}

  /// Whether the user typed `y` or `yes`; the end of input is a no.
  public static boolean confirms(Session session, String warning) throws IOException {
    session.out().print(warning + "\nAre you sure you want to continue? [y/N] ");
    session.out().flush();
    InputStream in = session.streams().in();
    StringBuilder answer = new StringBuilder();
    byte[] one = new byte[1];
    while (in.read(one) > 0 && one[0] != '\n') {
      answer.append(new String(one, StandardCharsets.ISO_8859_1));
    }
    String word = answer.toString().strip();
    return word.equalsIgnoreCase("y") || word.equalsIgnoreCase("yes");
  }
}
