package gantry.store.content;

import java.util.concurrent.locks.ReentrantLock;

/// An upload that a client is at work with. Whoever uses it holds its [#lock], and finds out with
/// [#ended] whether it was over meanwhile.
public final class UploadSession {
  private final String id;
  private final RepositoryName repository;
  private final Upload upload;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean ended; // guarded by lock

  UploadSession(String id, RepositoryName repository, Upload upload) {
    this.id = id;
    this.repository = repository;
    this.upload = upload;
  }

  public String id() {
    return id;
  }

  public RepositoryName repository() {
    return repository;
  }

  Upload upload() {
    return upload;
  }

  public ReentrantLock lock() {
    return lock;
  }

  /// How many bytes are here.
  public long sizeBytes() {
    return upload.sizeBytes();
  }

  void end() {
    ended = true;
  }

  public boolean ended() {
    return ended;
  }
}
