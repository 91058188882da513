/// The daemon as a command sees it: calls by path, errors as exceptions, streams to attach to.
package gantry.cli.api;
