/// The data formats of images as immutable records: digests, references, platforms, descriptors,
/// manifests, indexes and image configs, of the OCI image-spec 1.1 and of Docker's schema 2.
///
/// Text and bytes from outside enter through `parse` and [gantry.oci.Json#read], which answer what
/// is wrong with a [gantry.oci.FormatException]; the records themselves only hold what is valid.
package gantry.oci;
