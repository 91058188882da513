/// What tests of every room share: the conditions a privileged test needs, said in one place.
package gantry.testing;
