/// The OCI distribution-spec 1.1 over HTTP.
package gantry.store.protocol;
