package gantry.daemon.build;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gantry.daemon.json.JsonException;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.http.Query;
import gantry.oci.FormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;

/// Whatever a client asks of a build is understood, or refused as its fault.
class BuildFuzzTest {
  private static void refused(EngineException e) {
    boolean theirs =
        e.kind() == ErrorKind.INVALID_ARGUMENT
            || e.kind() == ErrorKind.NOT_IMPLEMENTED
            || e.kind() == ErrorKind.FORBIDDEN;
    if (!theirs) {
      throw e;
    }
  }

  @FuzzTest
  void classic(FuzzedDataProvider data) {
    try {
      var _ =
          ClassicQuery.decode(
              Query.parse(data.consumeRemainingAsString()), InputStream.nullInputStream());
    } catch (JsonException | FormatException _) {
      // refused, as is right
    } catch (EngineException e) {
      refused(e);
    }
  }

  @FuzzTest
  void own(byte[] body) {
    Path nowhere = Path.of("/nonexistent");
    try (BuildCall call =
        BuildCall.of(Optional.empty(), 0, new BuildCall.Folders(nowhere, nowhere))) {
      call.read(new ByteArrayInputStream(body)).build().context().close();
    } catch (JsonException | FormatException | gantry.linux.SyscallException _) {
      // refused, or an archive that could not be stored nowhere
    } catch (EngineException e) {
      refused(e);
    } catch (IOException _) {
      // an archive that breaks off
    }
  }

  @FuzzTest
  void archives(byte[] body) {
    try (InputStream archive = new Archives(new ByteArrayInputStream(body)).next()) {
      long length = archive.transferTo(java.io.OutputStream.nullOutputStream());
      if (length > body.length) {
        throw new AssertionError("more came out than went in: " + length);
      }
    } catch (IOException _) {
      // one that breaks off
    }
  }
}
