/// Local images: blobs by digest, layers in and out of tar, snapshots, references.
package gantry.image;
