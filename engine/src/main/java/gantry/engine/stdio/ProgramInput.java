package gantry.engine.stdio;

import gantry.linux.Errno;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.file.FileControl;
import gantry.linux.file.FileIo;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;

/// The writing end of a running program's standard input. Writers take turns, and wait while the
/// program does not read.
final class ProgramInput {
  private final EventLoop loop;
  private final OwnedFd fd;
  private final Runnable closer;
  private final ReentrantLock writing = new ReentrantLock();
  private final CompletableFuture<Void> gone = new CompletableFuture<>();

  /// @param fd becomes ours, and must be in no other registration of the loop
  /// @param closer lets the program read the end of its input
  ProgramInput(EventLoop loop, OwnedFd fd, Runnable closer) {
    this.loop = loop;
    this.fd = fd;
    this.closer = closer;
    FileControl.setNonBlocking(fd);
  }

  /// Writes all of it; false when the program reads no more.
  boolean write(byte[] bytes, int offset, int length, CompletableFuture<Void> givenUp)
      throws InterruptedException {
    writing.lockInterruptibly();
    try {
      int at = offset;
      while (at < offset + length) {
        if (gone.isDone() || givenUp.isDone()) {
          return false;
        }
        try {
          at += FileIo.write(fd, bytes, at, offset + length - at);
        } catch (SyscallException e) {
          if (e.errno() == Errno.EAGAIN) {
            awaitRoom(givenUp);
          } else if (e.errno() == Errno.EPIPE || e.errno() == Errno.EIO) {
            return false;
          } else {
            throw e;
          }
        }
      }
      return true;
    } finally {
      writing.unlock();
    }
  }

  private void awaitRoom(CompletableFuture<Void> givenUp) throws InterruptedException {
    CompletableFuture<Readiness> room = loop.whenReady(fd, Readiness.WRITABLE);
    try {
      CompletableFuture.anyOf(room, gone, givenUp).get();
    } catch (ExecutionException | CancellationException _) { // the loop has ended, and we with it
      gone.complete(null);
    } finally {
      room.cancel(false);
    }
  }

  /// Lets the program read the end; what was written before is read first.
  void close() {
    if (gone.complete(null)) {
      release();
      closer.run();
    }
  }

  /// The program has ended.
  void end() {
    if (gone.complete(null)) {
      release();
    }
  }

  /// Closes our descriptor when the last write is through.
  private void release() {
    writing.lock();
    try {
      fd.close();
    } finally {
      writing.unlock();
    }
  }
}
