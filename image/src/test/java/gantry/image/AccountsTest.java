package gantry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccountsTest {
  private static final Accounts ACCOUNTS =
      Accounts.read(
          bytes("root:x:0:0:root:/root:/bin/sh\nbroken\nweb:x:33:44::/var/www:/bin/sh\n# no\n"),
          bytes("root:x:0:\nweb:x:44:\nmore:x:55:a,web\n"));

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void find_name_hasItsGroupsAndHome() {
    Accounts.Account web = ACCOUNTS.find("web", List.of());
    assertThat(web.uid()).isEqualTo(33);
    assertThat(web.gid()).isEqualTo(44);
    assertThat(web.groups()).contains(55);
    assertThat(web.home()).isEqualTo("/var/www");
  }

  @Test
  void find_empty_isRoot() {
    assertThat(ACCOUNTS.find("", List.of()).home()).isEqualTo("/root");
    assertThat(Accounts.read(new byte[0], new byte[0]).find("", List.of()).uid()).isZero();
  }

  @Test
  void find_numbers_needNoEntry() {
    Accounts.Account account = ACCOUNTS.find("1234:5678", List.of("more", "9"));
    assertThat(account.uid()).isEqualTo(1234);
    assertThat(account.gid()).isEqualTo(5678);
    assertThat(account.groups()).contains(55, 9);
    assertThat(account.home()).isEqualTo("/");
  }

  @Test
  void find_unknown_isSaidInDockersWords() {
    assertThatThrownBy(() -> ACCOUNTS.find("nobody", List.of()))
        .hasMessage("unable to find user nobody: no matching entries in passwd file");
    assertThatThrownBy(() -> ACCOUNTS.find("web:nogroup", List.of()))
        .hasMessage("unable to find group nogroup: no matching entries in group file");
    assertThatThrownBy(() -> ACCOUNTS.find("99999999999", List.of()))
        .hasMessage("uids and gids must be in range 0-2147483647");
  }
}
