/// Devices as their vendors describe them for containers: the Container Device Interface (CDI), a
/// JSON or YAML file for each kind of device, with what a container needs to use one.
package gantry.oci.cdi;
