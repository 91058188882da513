package gantry.daemon.api;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gantry.daemon.json.JsonException;
import gantry.daemon.json.JsonReader;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerSpec;
import gantry.http.Query;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// Whatever a client sends is understood, or refused as its fault; it is never ours.
class RequestFuzzTest {
  private interface Reading {
    void run() throws IOException;
  }

  private static void refusedOrRead(Reading reading) {
    try {
      reading.run();
    } catch (JsonException _) {
      // refused, as is right
    } catch (EngineException e) {
      // The filters `since` and `before` name a container.
      if (e.kind() != ErrorKind.INVALID_ARGUMENT && e.kind() != ErrorKind.NOT_FOUND) {
        throw e;
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @FuzzTest
  void create(byte[] json) {
    refusedOrRead(
        () ->
            JsonReader.readObject(new ByteArrayInputStream(json))
                .ifPresent(
                    object -> {
                      ContainerSpec spec =
                          ContainerDecoder.create(
                              object, Optional.empty(), Optional.empty(), ApiVersion.NEWEST);
                      showAgain(spec);
                    }));
  }

  // What was understood can be shown, and that is JSON too.
  private static void showAgain(ContainerSpec spec) {
    FakeEngine engine = new FakeEngine();
    var view = engine.put("x", spec, FakeEngine.state(gantry.engine.container.Status.CREATED));
    String text =
        ContainerJson.inspect(view, ApiVersion.NEWEST, "gantry", Optional.empty()).toString();
    if (JsonReader.readObject(text).isEmpty()) {
      throw new AssertionError("not shown: " + spec);
    }
  }

  @FuzzTest
  void filters(FuzzedDataProvider data) {
    String text = data.consumeRemainingAsString();
    refusedOrRead(
        () -> {
          Filters filters = Filters.parse(text);
          filters.labels(Map.of("a", "b"));
          filters.flag("dangling");
          ContainerFilter.parse(filters.accepting(ContainerFilter.NAMES), new FakeEngine());
        });
  }

  @FuzzTest
  void binds(FuzzedDataProvider data) {
    String text = data.consumeRemainingAsString();
    refusedOrRead(() -> MountDecoder.bind(text, Optional.empty()));
  }

  @FuzzTest
  void times(FuzzedDataProvider data) {
    String text = data.consumeRemainingAsString();
    refusedOrRead(() -> GoTime.unix("since", text));
    refusedOrRead(() -> GoTime.moment(text, Instant.EPOCH));
    Query.parse(text).all("x");
    Glob.matchesReference(text, "busybox:latest");
  }
}
