package gantry.runtime.staged;

import gantry.linux.OwnedFd;
import gantry.linux.file.FileIo;
import gantry.linux.file.MemoryFile;
import gantry.linux.process.Spawn;
import gantry.stage.StageProgram;

/// The stage in memory, sealed, so that no container can change the program that will start the
/// next one (CVE-2019-5736 was that). Open for as long as the runtime is.
final class StagePrograms implements AutoCloseable {
  private final OwnedFd stage;

  StagePrograms() {
    stage = MemoryFile.openExecutable("gantry-stage");
    FileIo.writeFully(stage, StageProgram.STAGE.bytes());
    MemoryFile.seal(
        stage,
        MemoryFile.SEAL_WRITE
            | MemoryFile.SEAL_SHRINK
            | MemoryFile.SEAL_GROW
            | MemoryFile.SEAL_SEAL);
  }

  /// A new child that will run the stage, without descriptors yet.
  Spawn spawn() {
    return Spawn.program(stage);
  }

  @Override
  public void close() {
    stage.close();
  }
}
