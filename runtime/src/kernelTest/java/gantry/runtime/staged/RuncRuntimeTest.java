package gantry.runtime.staged;

class RuncRuntimeTest extends OciRuntimeContract {
  RuncRuntimeTest() {
    super("runc", "/usr/sbin/runc");
  }
}
