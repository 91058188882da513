/// Micro-benchmarks of what Java does on the way of every start. Run by `bench/micro`.
@org.jspecify.annotations.NullMarked
package gantry.bench;
