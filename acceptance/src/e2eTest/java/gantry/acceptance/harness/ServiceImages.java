package gantry.acceptance.harness;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// The images `postgres:15`, `redis:7`, `nginx:1.22`, `openjdk:17-jre` and `shop-web:1`, made from
/// Debian's packages by `examples/images/make` and kept in the checkout's `.cache`.
public final class ServiceImages {
  private static final Duration DEADLINE = Duration.ofMinutes(8);

  private ServiceImages() {}

  /// Makes them, which takes minutes the first time in a checkout, and loads them into an engine
  /// that has none of them.
  public static synchronized void load(Cli cli) {
    if (cli.run("image", "inspect", "shop-web:1").exit() == 0) {
      return;
    }
    cli.ok("load", "-q", "-i", archive().toString());
  }

  /// The archive of them all, once it is made.
  public static synchronized Path archive() {
    String make = Checkout.root().resolve("examples/images/make").toString();
    return Path.of(Subprocess.run(List.of(make), Map.of(), new byte[0], DEADLINE).expect(0).text());
  }
}
