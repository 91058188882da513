/// Builds as clients see them: what they ask for, and the forms in which they are told what
/// happens.
package gantry.daemon.build;
