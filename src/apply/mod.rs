//! Running, reverting and pushing.
