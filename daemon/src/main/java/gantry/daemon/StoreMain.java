package gantry.daemon;

import gantry.daemon.log.StderrLogs;
import gantry.http.TlsContext;
import gantry.linux.crypto.OpenSslProvider;
import gantry.state.StateException;
import gantry.store.StoreConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `gantry store`: a registry of images in the foreground, and what its owner does with it.
public final class StoreMain {
  static {
    System.setProperty(LoggerFactory.PROVIDER_PROPERTY_KEY, StderrLogs.class.getName());
    System.setProperty("slf4j.internal.verbosity", "WARN");
  }

  private static final Logger LOG = LoggerFactory.getLogger(StoreMain.class);
  private static final String HELP =
      """
      Usage:  gantry store [OPTIONS]
              gantry store gc [--dry-run] [--root DIR]
              gantry store robot create NAME --may pull,push [--repository GLOB] [--days N] [--root DIR]
              gantry store robot ls [--root DIR]
              gantry store robot rm NAME [--root DIR]

      A registry of images: docker push, docker pull, and pages for a browser.

      Options:
            --config FILE      Users, rights, quotas, immutable tags and retention (JSON)
            --listen ADDRESS   Where to listen (default 127.0.0.1:5000)
            --log-level LEVEL  debug, info, warn or error (default info)
            --root DIR         Where everything is (default /var/lib/gantry-store)
            --tls              Serve TLS, with a certificate made for this machine if none is given
            --tlscert FILE     Certificate (PEM)
            --tlskey FILE      Its key (PEM, PKCS#8)
      """;

  private StoreMain() {}

  public static void main(String[] arguments) {
    System.exit(run(List.of(arguments)));
  }

  private static int run(List<String> arguments) {
    try {
      StoreOptions options = StoreOptions.parse(arguments);
      if (options.has("help")) {
        System.out.print(HELP);
        return 0;
      }
      StderrLogs.setLevel(options.value("log-level", "info"));
      OpenSslProvider.install();
      return options.words().isEmpty() ? serve(options) : StoreCommands.run(options);
    } catch (IllegalArgumentException | IOException | StateException e) {
      System.err.println("gantry store: " + e.getMessage());
      return 1;
    }
  }

  private static int serve(StoreOptions options) throws IOException {
    Path root = options.root();
    InetSocketAddress address = address(options.value("listen", "127.0.0.1:5000"));
    boolean open = address.getAddress() != null && address.getAddress().isLoopbackAddress();
    Optional<Path> file = options.find("config").map(Path::of);
    StoreConfig config =
        file.isPresent() ? StoreConfig.read(root, file.get(), open) : StoreConfig.of(root, open);
    CountDownLatch stop = new CountDownLatch(1);
    Systemd systemd = new Systemd(System.getenv());
    try (StoreServer _ = StoreServer.start(config, address, tls(options, address))) {
      Signals.on("TERM", stop::countDown);
      Signals.on("INT", stop::countDown);
      systemd.ready();
      stop.await();
      LOG.info("stopping");
      systemd.stopping();
      return 0;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  private static Optional<TlsContext> tls(StoreOptions options, InetSocketAddress address)
      throws IOException {
    Optional<String> certificate = options.find("tlscert");
    Optional<String> key = options.find("tlskey");
    if (certificate.isPresent() != key.isPresent()) {
      throw new IllegalArgumentException("--tlscert and --tlskey go together");
    }
    if (certificate.isPresent()) {
      return Optional.of(
          TlsContext.of(Path.of(certificate.get()), Path.of(key.orElseThrow()), Optional.empty()));
    }
    if (!options.has("tls")) {
      return Optional.empty();
    }
    LaptopCertificate made = LaptopCertificate.in(options.root(), address);
    LOG.info(
        "clients must trust {} (docker: as /etc/docker/certs.d/HOST:PORT/ca.crt)",
        made.certificate());
    return Optional.of(TlsContext.of(made.certificate(), made.key(), Optional.empty()));
  }

  /// Reads `HOST:PORT`, `[IPV6]:PORT` or `:PORT`, which is every address of the machine.
  static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    String port = text.substring(colon + 1);
    if (colon < 0 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 0xffff) {
      throw new IllegalArgumentException("expected HOST:PORT, got '" + text + "'");
    }
    String host = text.substring(0, colon).replaceAll("^\\[|]$", "");
    return host.isEmpty()
        ? new InetSocketAddress(Integer.parseInt(port))
        : new InetSocketAddress(host, Integer.parseInt(port));
  }
}
