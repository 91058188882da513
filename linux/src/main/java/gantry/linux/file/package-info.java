/// Files by descriptor: opening and changing names under a directory, moving bytes, attributes,
/// pipes and shared memory.
package gantry.linux.file;
