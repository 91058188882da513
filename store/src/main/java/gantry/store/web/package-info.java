/// The Store's pages for people: HTML that reads without a script.
package gantry.store.web;
