/// What a process may do: capabilities, and the labels of AppArmor and SELinux.
package gantry.linux.security;
