package gantry.oci;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.Optional;

/// How one layer, or one step without a layer, of an image came to be.
///
/// Spec: OCI image-spec 1.1, `config.md`, `history`.
@JsonInclude(JsonInclude.Include.NON_DEFAULT)
public record History(
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Instant> created,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonProperty("created_by") String createdBy,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) String author,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) String comment,
    @JsonProperty("empty_layer") boolean emptyLayer) {

  public History {
    createdBy = Values.text(createdBy);
    author = Values.text(author);
    comment = Values.text(comment);
  }
}
