//! The shared state in Redis.
