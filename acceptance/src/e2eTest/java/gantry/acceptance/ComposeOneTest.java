package gantry.acceptance;

import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.Compose;
import gantry.acceptance.harness.Engine;

/// The shop by Debian's docker-compose 1.29, in Python.
class ComposeOneTest extends ShopContract {
  ComposeOneTest(Cli cli, Engine engine) {
    super(cli, engine);
  }

  @Override
  Compose compose(String name) {
    return Compose.v1(
        engine, name, FOLDER.resolve("compose.yaml"), FOLDER.resolve("compose.1.29.yaml"));
  }
}
