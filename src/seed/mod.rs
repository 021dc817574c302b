//! Data in.
