/// What a Store has: blobs by digest, uploads that may become blobs, and repositories with their
/// manifests and tags.
package gantry.store.content;
