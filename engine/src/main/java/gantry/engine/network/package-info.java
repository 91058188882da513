/// The networks that containers are in.
package gantry.engine.network;
