//! dbkit.toml, diesel.toml, environment and flags, each value knowing its origin.
