/// How the daemon is told what to do: dockerd's command line and `daemon.json`.
package gantry.daemon.config;
