/// Where output goes beside the file on this machine: journald, syslog, fluentd and gelf.
package gantry.engine.log.remote;
