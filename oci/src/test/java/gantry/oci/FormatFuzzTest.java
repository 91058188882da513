package gantry.oci;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/// Foreign bytes end in a value or in a [FormatException], never in anything else.
class FormatFuzzTest {
  @FuzzTest
  void reference(FuzzedDataProvider data) {
    try {
      Reference reference = Reference.parse(data.consumeRemainingAsString());
      if (!Reference.parse(reference.familiar()).equals(reference)) {
        throw new AssertionError("does not read back: " + reference);
      }
    } catch (FormatException _) {
      // refused, as is right
    }
  }

  @FuzzTest
  void platform(FuzzedDataProvider data) {
    try {
      Platform platform = Platform.parse(data.consumeRemainingAsString());
      if (!Platform.parse(platform.toString()).equals(platform)) {
        throw new AssertionError("does not read back: " + platform);
      }
    } catch (FormatException _) {
      // refused, as is right
    }
  }

  @FuzzTest
  void documents(byte[] json) {
    readBack(json, Manifest.class);
    readBack(json, Index.class);
    readBack(json, ImageConfig.class);
  }

  private static void readBack(byte[] json, Class<?> type) {
    try {
      Object value = Json.read(json, type, "document");
      if (!Json.read(Json.write(value), type, "document").equals(value)) {
        throw new AssertionError("does not read back: " + value);
      }
    } catch (FormatException _) {
      // refused, as is right
    }
  }
}
