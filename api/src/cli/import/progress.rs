//! How far an import is: a bar for a person at a terminal, a line every few seconds for a log. Both
//! go to standard error.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use super::source::Counters;

const LINE_EVERY: Duration = Duration::from_secs(5);

/// The progress of one file.
pub(super) struct Progress {
    name: String,
    counters: Counters,
    file_bytes: u64,
    began: Instant,
    said: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(name: String, file_bytes: u64, counters: Counters) -> Self {
        let now = Instant::now();
        let bar = stderr().is_terminal().then(|| bar(&name, file_bytes));
        Self { name, counters, file_bytes, began: now, said: now, bar }
    }

    /// Shows that so many rows are done.
    pub(super) fn show(&mut self, rows: u64) {
        let read = self.counters.file_bytes().min(self.file_bytes);
        let status = status(read, self.file_bytes, rows, self.began.elapsed());
        match &self.bar {
            Some(bar) => {
                bar.set_position(read);
                bar.set_message(status);
            }
            None if self.said.elapsed() >= LINE_EVERY => {
                eprintln!("{}: {status}", self.name);
                self.said = Instant::now();
            }
            None => {}
        }
    }

    /// Takes the bar away; what is printed next stands in its place.
    pub(super) fn finish(self) -> Duration {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        self.began.elapsed()
    }
}

fn bar(name: &str, file_bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {wide_bar} {msg}");
    let bar = ProgressBar::new(file_bytes).with_prefix(name.to_owned());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// `34 %, 12,345 rows, 4,115 rows/s, 6 s left`
fn status(read: u64, total: u64, rows: u64, elapsed: Duration) -> String {
    let percent = read.saturating_mul(100).checked_div(total).unwrap_or(100);
    let left = elapsed.as_millis().saturating_mul(u128::from(total.saturating_sub(read)));
    let left_seconds = left.checked_div(u128::from(read)).unwrap_or(0).div_ceil(1000);
    let rate = HumanCount(rate(rows, elapsed));
    format!("{percent} %, {} rows, {rate} rows/s, {left_seconds} s left", HumanCount(rows))
}

/// Rows a second.
pub(super) fn rate(rows: u64, elapsed: Duration) -> u64 {
    let rate = u128::from(rows).saturating_mul(1000).checked_div(elapsed.as_millis());
    rate.and_then(|rate| u64::try_from(rate).ok()).unwrap_or(rows)
}

#[cfg(test)]
mod tests {
    //! What a person reads.

    use super::*;

    #[test]
    fn the_status_tells_share_rate_and_time_left() {
        let status = status(34, 100, 12_345, Duration::from_secs(3));
        assert_eq!(status, "34 %, 12,345 rows, 4,115 rows/s, 6 s left");
    }

    #[test]
    fn the_first_moment_and_an_empty_file_divide_by_nothing() {
        assert_eq!(status(0, 100, 0, Duration::ZERO), "0 %, 0 rows, 0 rows/s, 0 s left");
        assert_eq!(status(0, 0, 0, Duration::ZERO), "100 %, 0 rows, 0 rows/s, 0 s left");
    }
}
