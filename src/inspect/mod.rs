//! Data out in the terminal.
