/// JSON as Go reads and writes it, without reflection: Docker's API was made by Go's
/// `encoding/json`, and clients rely on its manners.
package gantry.daemon.json;
