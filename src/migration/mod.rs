//! Migration folders on disk.
