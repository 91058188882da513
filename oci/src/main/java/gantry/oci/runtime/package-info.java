/// The OCI runtime-spec 1.2 (`config.json`) as immutable records.
///
/// A component that the spec leaves out when it is unset, and whose absence means something other
/// than zero, is [org.jspecify.annotations.Nullable]; lists and maps are never null. Unknown fields
/// are ignored when read. Spec: <https://github.com/opencontainers/runtime-spec>.
package gantry.oci.runtime;
