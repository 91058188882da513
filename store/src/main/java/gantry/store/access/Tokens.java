package gantry.store.access;

import com.fasterxml.jackson.annotation.JsonInclude;
import gantry.oci.FormatException;
import gantry.oci.Json;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Signed tokens that say who somebody is, and for what they asked. They are ours alone to read:
/// JSON web tokens (RFC 7519) with HMAC-SHA256.
///
/// A token says what it was made for; what its owner may do is looked at anew with every request.
final class Tokens {
  static final Duration LIFETIME = Duration.ofMinutes(10);

  private static final String HEADER =
      base64("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.US_ASCII));
  private static final int CACHED_MAX = 4096;
  private static final int LENGTH_MAX = 16 << 10;

  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  private record Claims(String sub, long exp, List<Access> access) {}

  private record Access(String type, String name, List<String> actions) {}

  private record Verified(Principal principal, Instant expires) {}

  private final SecretKeySpec key;
  private final Map<String, Verified> verified = new ConcurrentHashMap<>();

  Tokens(byte[] key) {
    this.key = new SecretKeySpec(key, "HmacSHA256");
  }

  String issue(String name, List<Grant> grants, Instant now) {
    List<Access> access =
        grants.stream()
            .map(
                grant ->
                    new Access(
                        "repository",
                        grant.repository(),
                        grant.actions().stream().map(Action::toString).sorted().toList()))
            .toList();
    byte[] claims = Json.write(new Claims(name, now.plus(LIFETIME).getEpochSecond(), access));
    String signed = HEADER + "." + base64(claims);
    return signed + "." + base64(sign(signed));
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /// Who shows this token; empty when it is not one of ours, or over.
  Optional<Principal> verify(String token, Instant now) {
    Verified known = verified.get(token);
    if (known == null) {
      Optional<Verified> read = token.length() > LENGTH_MAX ? Optional.empty() : read(token);
      if (read.isEmpty()) {
        return Optional.empty();
      }
      known = read.get();
      if (verified.size() >= CACHED_MAX) {
        verified.clear();
      }
      verified.put(token, known);
    }
    return known.expires().isAfter(now) ? Optional.of(known.principal()) : Optional.empty();
  }

  private Optional<Verified> read(String token) {
    int dot = token.lastIndexOf('.');
    if (dot < 0 || !token.startsWith(HEADER + ".") || dot <= HEADER.length()) {
      return Optional.empty();
    }
    try {
      Base64.Decoder decoder = Base64.getUrlDecoder();
      byte[] signature = decoder.decode(token.substring(dot + 1));
      if (!MessageDigest.isEqual(signature, sign(token.substring(0, dot)))) {
        return Optional.empty();
      }
      byte[] claims = decoder.decode(token.substring(HEADER.length() + 1, dot));
      return Optional.of(verified(Json.read(claims, Claims.class, "token")));
    } catch (IllegalArgumentException | FormatException _) {
      return Optional.empty(); // not base64, or not JSON: not ours
    }
  }

  private static Verified verified(Claims claims) {
    List<Access> access = claims.access() == null ? List.of() : claims.access();
    List<Grant> grants =
        access.stream().map(one -> new Grant(one.name(), actions(one.actions()))).toList();
    String name = claims.sub() == null ? "" : claims.sub();
    return new Verified(
        new Principal(name, Optional.of(grants)), Instant.ofEpochSecond(claims.exp()));
  }

  private static Set<Action> actions(List<String> names) {
    Set<Action> actions = EnumSet.noneOf(Action.class);
    names.forEach(name -> Action.parse(name).ifPresent(actions::add));
    return actions;
  }

  private byte[] sign(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new AssertionError("every Java platform has HmacSHA256", e);
    }
  }
}
