package gantry.store.content;

import gantry.oci.Digest;

/// A manifest's bytes, exactly as they were pushed.
@SuppressWarnings("ArrayRecordComponent") // never compared, and too hot to copy
public record StoredManifest(Digest digest, String mediaType, byte[] bytes) {}
