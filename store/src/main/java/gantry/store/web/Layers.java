package gantry.store.web;

import gantry.image.tar.Compression;
import gantry.image.tar.TarEntry;
import gantry.image.tar.TarException;
import gantry.image.tar.TarReader;
import gantry.oci.Digest;
import gantry.store.content.Registry;
import gantry.store.content.RepositoryName;
import gantry.store.content.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/// Which files the layers of an image have: read from their archives, a bounded part of each, two
/// images at a time.
final class Layers {
  private static final int FILES_MAX = 2000;
  private static final int ENTRIES_MAX = 20_000; // directories count too
  private static final long UNPACKED_MAX_BYTES = 512L << 20;
  private static final int CONCURRENT = 2;
  private static final int CACHED = 64;
  private static final String WHITEOUT = ".wh.";

  /// One layer's files, as far as they were read.
  ///
  /// @param files path to size in bytes; -1 for one that the layer removes
  record Listing(Map<String, Long> files, boolean complete) {
    static final Listing UNREADABLE = new Listing(Map.of(), false);
  }

  private final Registry registry;
  private final Semaphore reading = new Semaphore(CONCURRENT);
  private final Map<Digest, Listing> listings =
      new LinkedHashMap<>(CACHED, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Digest, Listing> eldest) {
          return size() > CACHED;
        }
      };

  Layers(Registry registry) {
    this.registry = registry;
  }

  Listing files(RepositoryName repository, Digest layer) {
    Optional<Listing> known;
    synchronized (listings) {
      known = Optional.ofNullable(listings.get(layer));
    }
    if (known.isPresent()) {
      return known.get();
    }
    reading.acquireUninterruptibly();
    try {
      Listing fresh = read(repository, layer);
      synchronized (listings) {
        listings.put(layer, fresh);
      }
      return fresh;
    } finally {
      reading.release();
    }
  }

  private Listing read(RepositoryName repository, Digest layer) {
    Map<String, Long> files = new LinkedHashMap<>();
    try (InputStream packed = Channels.newInputStream(registry.openBlob(repository, layer));
        InputStream tar = Compression.unpacked(packed)) {
      TarReader reader = TarReader.of(tar);
      long bytes = 0;
      int entries = 0;
      for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
        TarEntry entry = next.get();
        bytes += entry.sizeBytes();
        if (entries++ >= ENTRIES_MAX || files.size() >= FILES_MAX || bytes > UNPACKED_MAX_BYTES) {
          return new Listing(files, false);
        }
        note(files, entry);
      }
      return new Listing(files, true);
    } catch (TarException | IOException | UncheckedIOException | StoreException _) {
      return files.isEmpty() ? Listing.UNREADABLE : new Listing(files, false);
    }
  }

  private static void note(Map<String, Long> files, TarEntry entry) {
    String path = entry.path();
    int name = path.lastIndexOf('/') + 1;
    if (path.startsWith(WHITEOUT, name)) {
      files.put(path.substring(0, name) + path.substring(name + WHITEOUT.length()), -1L);
    } else if (entry.kind() != TarEntry.Kind.DIRECTORY) {
      files.put(path, entry.sizeBytes());
    }
  }
}
