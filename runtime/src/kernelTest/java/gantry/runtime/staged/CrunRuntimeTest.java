package gantry.runtime.staged;

class CrunRuntimeTest extends OciRuntimeContract {
  CrunRuntimeTest() {
    super("crun", "/usr/bin/crun");
  }
}
