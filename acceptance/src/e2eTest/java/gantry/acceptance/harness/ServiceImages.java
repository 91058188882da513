package gantry.acceptance.harness;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// The images `postgres:15`, `redis:7`, `nginx:1.22` and `openjdk:17-jre`, made from Debian's
/// packages by `examples/images/make` and kept in the checkout's `.cache`.
public final class ServiceImages {
  private static final Duration DEADLINE = Duration.ofMinutes(8);

  private ServiceImages() {}

  /// Loads them into an engine, once they are made; takes minutes the first time in a checkout.
  public static void load(Cli cli) {
    String make = Checkout.root().resolve("examples/images/make").toString();
    String archive =
        Subprocess.run(List.of(make), Map.of(), new byte[0], DEADLINE).expect(0).text();
    cli.ok("load", "-q", "-i", archive);
  }
}
