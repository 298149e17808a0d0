//! What lanes count: how long the queues are, how large batches get, what waiting and committing take.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use super::lane::Waiting;

const WAITING: &str = "florin_lane_waiting_jobs";
const BATCH: &str = "florin_lane_batch_jobs";
const WAIT: &str = "florin_lane_wait_seconds";
const COMMIT: &str = "florin_lane_commit_seconds";
const RETRIED: &str = "florin_lane_retries_total";
const SPLIT: &str = "florin_lane_splits_total";
const OVERLOADED: &str = "florin_lane_overloaded_total";

/// Says what each is.
pub(crate) fn describe() {
    describe_gauge!(WAITING, "Writes that wait for their batch.");
    describe_histogram!(BATCH, "Writes in a batch that began.");
    describe_histogram!(WAIT, "Time that a write waited for its batch to begin.");
    describe_histogram!(COMMIT, "Time that a batch's commit took.");
    describe_counter!(RETRIED, "Batches that were tried again.");
    describe_counter!(SPLIT, "Batches that were done one by one in the end.");
    describe_counter!(OVERLOADED, "Writes that were refused because the queue was full.");
}

pub(super) fn joined() {
    gauge!(WAITING).increment(1);
}

pub(super) fn left() {
    gauge!(WAITING).decrement(1);
}

pub(super) fn begun<J, A>(batch: &[Waiting<J, A>]) {
    histogram!(BATCH).record(u32::try_from(batch.len()).unwrap_or(u32::MAX));
    let wait = histogram!(WAIT);
    for waiting in batch {
        wait.record(waiting.since.elapsed());
    }
}

pub(crate) fn committed(took: Duration) {
    histogram!(COMMIT).record(took);
}

pub(super) fn retried() {
    counter!(RETRIED).increment(1);
}

pub(super) fn split() {
    counter!(SPLIT).increment(1);
}

pub(super) fn overloaded() {
    counter!(OVERLOADED).increment(1);
}
