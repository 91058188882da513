package gantry.oci.runtime;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.math.BigInteger;

/// Writes a 64-bit number as unsigned, which is how Go's `uint64` reads it: -1 becomes 2^64-1.
final class UnsignedLong extends StdSerializer<Long> {
  private static final long serialVersionUID = 1;

  UnsignedLong() {
    super(Long.class);
  }

  @Override
  public void serialize(Long value, JsonGenerator out, SerializerProvider provider)
      throws IOException {
    out.writeNumber(new BigInteger(Long.toUnsignedString(value)));
  }
}
