/// `inspect` in all its forms.
package gantry.cli.inspect;
