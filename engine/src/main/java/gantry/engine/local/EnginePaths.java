package gantry.engine.local;

import java.nio.file.Path;

/// Where the engine's files of one container are.
///
/// Under the data root what survives a reboot: `containers/<id>/` with the log and the files that
/// are mounted into the container. Under the exec root, a tmpfs, what does not: `containers/<id>/`
/// with the exit record and the spools of a run, and `execs/<id>/` with those of an exec.
record EnginePaths(Path dataRoot, Path execRoot) {
  Path containers() {
    return dataRoot.resolve("containers");
  }

  Path container(String id) {
    return containers().resolve(id);
  }

  Path hostname(String id) {
    return container(id).resolve("hostname");
  }

  Path hosts(String id) {
    return container(id).resolve("hosts");
  }

  Path resolvConf(String id) {
    return container(id).resolve("resolv.conf");
  }

  Path log(String id) {
    return container(id).resolve(id + "-json.log");
  }

  /// How far a log was sent elsewhere.
  Path logSent(String id) {
    return container(id).resolve("sent");
  }

  Path runs() {
    return execRoot.resolve("containers");
  }

  Path run(String id) {
    return runs().resolve(id);
  }

  Path execs() {
    return execRoot.resolve("execs");
  }

  Path exec(String id) {
    return execs().resolve(id);
  }

  /// The program that is a container's first process with `--init`.
  Path initProgram() {
    return execRoot.resolve("init");
  }

  Path volumes() {
    return dataRoot.resolve("volumes");
  }

  Path volumeData(String name) {
    return volumes().resolve(name).resolve("_data");
  }
}
