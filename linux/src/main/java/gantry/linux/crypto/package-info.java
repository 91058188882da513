/// The machine's own cryptography library, where it is there and quicker than Java's.
package gantry.linux.crypto;
