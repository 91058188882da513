package gantry.oci;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Set;

/// A set as Go writes it: an object whose keys have empty objects, `{"80/tcp": {}}`.
final class EmptyObjects {
  private EmptyObjects() {}

  static final class Writer extends JsonSerializer<Set<String>> {
    @Override
    public void serialize(Set<String> values, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeStartObject();
      for (String value : values) {
        json.writeFieldName(value);
        json.writeStartObject();
        json.writeEndObject();
      }
      json.writeEndObject();
    }

    @Override
    public boolean isEmpty(SerializerProvider provider, Set<String> values) {
      return values == null || values.isEmpty();
    }
  }

  static final class Reader extends JsonDeserializer<Set<String>> {
    @Override
    @SuppressWarnings("unchecked")
    public Set<String> deserialize(JsonParser json, DeserializationContext context)
        throws IOException {
      if (!json.isExpectedStartObjectToken()) {
        return (Set<String>) context.handleUnexpectedToken(Set.class, json);
      }
      Set<String> values = new LinkedHashSet<>();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        values.add(json.currentName());
        json.nextToken();
        json.skipChildren();
      }
      return values;
    }
  }
}
