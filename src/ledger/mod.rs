//! What has run.
