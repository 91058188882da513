package gantry.acceptance;

import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.Compose;
import gantry.acceptance.harness.Engine;

/// The shop by Compose v2, and what only that reads.
class ComposeTest extends ShopContract {
  ComposeTest(Cli cli, Engine engine) {
    super(cli, engine);
  }

  @Override
  Compose compose(String name) {
    return Compose.v2(engine, name, FOLDER.resolve("compose.yaml"));
  }
}
