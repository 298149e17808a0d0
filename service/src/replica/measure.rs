//! What is counted of reads and their replica.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, gauge};

use super::view::Source;

const QUERIES: &str = "florin_queries_total";
const AGAIN: &str = "florin_replica_queries_again_total";
const UP: &str = "florin_replica_up";
const LAG: &str = "florin_replica_lag_seconds";

/// Says what each is.
pub(crate) fn describe() {
    describe_counter!(QUERIES, "Queries by the server they read from, and why; with a replica.");
    describe_counter!(AGAIN, "Queries that the replica failed and the primary answered.");
    describe_gauge!(UP, "Whether the replica answers, as a standby of this system.");
    describe_gauge!(LAG, "How old is what the replica shows, while it answers.");
}

pub(super) fn query(source: Source) {
    let (server, why) = match source {
        Source::Replica => ("replica", "fresh"),
        Source::OwnWrite => ("primary", "own_write"),
        Source::Late => ("primary", "replica_late"),
        Source::Away => ("primary", "replica_away"),
        Source::Unknown => ("primary", "marks_unknown"),
    };
    counter!(QUERIES, "server" => server, "because" => why).increment(1);
}

pub(super) fn asked_again() {
    counter!(AGAIN).increment(1);
}

pub(super) fn seen(is_up: bool, lag: Option<Duration>) {
    gauge!(UP).set(u8::from(is_up));
    if let Some(lag) = lag {
        gauge!(LAG).set(lag);
    }
}
