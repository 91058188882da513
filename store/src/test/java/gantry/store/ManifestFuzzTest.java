package gantry.store;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gantry.store.content.ManifestDocument;
import gantry.store.content.RepositoryName;
import gantry.store.content.StoreException;

/// Whatever is sent as a manifest or a name is taken or refused, and nothing else.
class ManifestFuzzTest {
  @FuzzTest
  void parse_anything_isReadOrRefused(FuzzedDataProvider data) {
    String type =
        data.pickValue(new String[] {StoreFixture.OCI_MANIFEST, StoreFixture.OCI_INDEX, "", "x"});
    String name = data.consumeString(40);
    try {
      ManifestDocument _ = ManifestDocument.parse(data.consumeRemainingAsBytes(), type);
    } catch (StoreException e) {
      if (e.code() != StoreException.Code.MANIFEST_INVALID) {
        throw e;
      }
    }
    RepositoryName.parse(name).ifPresent(RepositoryName::text);
  }
}
