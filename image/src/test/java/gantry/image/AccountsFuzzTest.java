package gantry.image;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/// The account files of an image and the names that a user asks for end in an account, or in an
/// [Accounts.UnknownAccountException], never in anything else.
class AccountsFuzzTest {
  /// `/etc/passwd`, `/etc/group`, the user and further groups, each ended by a NUL.
  @FuzzTest
  void find(byte[] texts) {
    List<String> parts =
        Arrays.asList(new String(texts, StandardCharsets.ISO_8859_1).split("\0", -1));
    try {
      Accounts.Account account =
          Accounts.read(bytes(part(parts, 0)), bytes(part(parts, 1)))
              .find(part(parts, 2), parts.subList(Math.min(3, parts.size()), parts.size()));
      boolean sound =
          account.uid() >= 0
              && account.gid() >= 0
              && account.groups().stream().allMatch(group -> group >= 0)
              && account.groups().contains(account.gid())
              && !account.home().isEmpty();
      if (!sound) {
        throw new AssertionError("no account: " + account);
      }
    } catch (Accounts.UnknownAccountException _) {
      // refused, as is right
    }
  }

  private static String part(List<String> parts, int index) {
    return index < parts.size() ? parts.get(index) : "";
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
