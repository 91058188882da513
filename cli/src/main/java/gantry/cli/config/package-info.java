/// The user's settings: Docker's `config.json` and contexts, the environment, and which daemon they
/// lead to.
package gantry.cli.config;
