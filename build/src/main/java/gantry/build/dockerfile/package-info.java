/// The language of Dockerfiles: from text to instructions with their exact places, the expansion of
/// variables, and what is wrong or unwise in a file. Nothing here reads a file or knows an image.
package gantry.build.dockerfile;
