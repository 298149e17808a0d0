//! The shared state of one process.
