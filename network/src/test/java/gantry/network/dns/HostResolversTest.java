package gantry.network.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostResolversTest {
  @TempDir private Path directory;

  @Test
  void servers_followTheFile() throws Exception {
    Path file = directory.resolve("resolv.conf");
    HostResolvers resolvers = new HostResolvers(file);
    assertThat(resolvers.servers()).containsExactly(ip("127.0.0.1"));
    Files.writeString(file, "nameserver 127.0.0.53\nnameserver nonsense\n");
    assertThat(resolvers.servers()).containsExactly(ip("127.0.0.53"));
    Path other = directory.resolve("other");
    Files.writeString(other, "nameserver 10.0.0.1\nnameserver fe80::1\n".repeat(3));
    Files.move(other, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(resolvers.servers())
        .isEqualTo(List.of(ip("10.0.0.1"), ip("fe80::1"), ip("10.0.0.1")));
    Files.delete(file);
    assertThat(resolvers.servers()).containsExactly(ip("127.0.0.1"));
  }

  private static InetAddress ip(String text) {
    return InetAddress.ofLiteral(text);
  }
}
