package gantry.oci.cdi;

import com.code_intelligence.jazzer.junit.FuzzTest;
import gantry.oci.FormatException;
import gantry.oci.Json;

/// Foreign bytes end in a spec that reads back, or in a [FormatException].
class CdiFuzzTest {
  @FuzzTest
  void json(byte[] json) {
    try {
      readBack(CdiSpec.parseJson(json));
    } catch (FormatException _) {
      // refused, as is right
    }
  }

  @FuzzTest
  void yaml(byte[] yaml) {
    try {
      readBack(CdiSpec.parseYaml(yaml));
    } catch (FormatException _) {
      // refused, as is right
    }
  }

  private static void readBack(CdiSpec spec) {
    if (!CdiSpec.parseJson(Json.write(spec)).equals(spec)) {
      throw new AssertionError("does not read back: " + spec);
    }
  }
}
