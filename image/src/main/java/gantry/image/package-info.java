/// Local images: what they are called, what they consist of, and what becomes of them.
///
/// [gantry.image.ImageStore] is the way in.
package gantry.image;
