/// Who somebody is, and what they may do.
package gantry.store.access;
