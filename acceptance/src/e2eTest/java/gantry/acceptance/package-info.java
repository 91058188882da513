/// Gantry as its users meet it: real clients against the built distribution, over a real socket.
/// Every test here describes Docker, and passes against dockerd too (`-Dgantry.engine=docker`).
@org.jspecify.annotations.NullMarked
package gantry.acceptance;
