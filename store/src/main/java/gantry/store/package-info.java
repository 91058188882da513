/// A Store: a directory of images that engines push to and pull from, and people look at.
package gantry.store;
