package gantry.cli.stream;

import com.code_intelligence.jazzer.junit.FuzzTest;
import gantry.cli.json.JsonIndent;
import gantry.cli.template.Template;
import gantry.cli.template.Template.Missing;
import gantry.cli.template.TemplateException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// Bytes from elsewhere end in a result or in the exception that is meant for them.
class StreamFuzzTest {

  @FuzzTest
  void frames(byte[] bytes) {
    try {
      Frames.demultiplex(
          new ByteArrayInputStream(bytes),
          OutputStream.nullOutputStream(),
          OutputStream.nullOutputStream());
    } catch (IOException _) {
      // cut off, or no frames at all
    }
  }

  @FuzzTest
  void template(byte[] bytes) {
    try {
      Template.parse(new String(bytes, StandardCharsets.UTF_8))
          .execute(Map.of("ID", "x"), Missing.ERROR);
    } catch (TemplateException _) {
      // refused with Go's words
    }
  }

  @FuzzTest
  void indent(byte[] bytes) {
    JsonIndent.indent(new String(bytes, StandardCharsets.UTF_8), " ");
  }
}
