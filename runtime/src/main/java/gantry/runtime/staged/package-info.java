/// The built-in runtime: compiles a container's config into a launch plan and has the stage run it.
package gantry.runtime.staged;
