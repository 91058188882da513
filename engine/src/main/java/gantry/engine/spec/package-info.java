/// From what a user asks for to what the runtime is told: the image's defaults merged in, checked,
/// and written down as an OCI runtime config.
package gantry.engine.spec;
