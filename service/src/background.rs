//! What a gateway does by itself: sequences facts, passes them on, moves checkpoints on, settles what is
//! due, fills partners' credit, and looks at its replica if it has one. Each is safe to run late, twice, or on several gateways at
//! once; an error is logged and tried again.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::{Result, with_causes};
use crate::ledger::checkpoints;
use crate::replica::Reads;
use crate::{Services, sequencer};

const SEQUENCE_EVERY: Duration = Duration::from_millis(100);
/// Under load a pause makes for larger transactions: each costs the disk as much as a batch of writes.
const SEQUENCE_AGAIN: Duration = Duration::from_millis(25);
const LISTEN_EVERY: Duration = Duration::from_millis(250);
/// So much is added up anew for each question about a total.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
const SETTLE_EVERY: Duration = Duration::from_secs(1);
const REFILL_EVERY: Duration = Duration::from_secs(1);
const SIMULATE_EVERY: Duration = Duration::from_secs(2);
const SIMULATE_AGAIN: Duration = Duration::from_millis(50);
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// Starts the tasks; they end when `stop` is cancelled. Wait for the tracker before closing.
pub fn start(services: &Services, stop: &CancellationToken) -> TaskTracker {
    let tracker = TaskTracker::new();
    let (s, p, c, d) = (services.clone(), services.clone(), services.clone(), services.clone());
    let e = services.clone();
    tracker.spawn(repeat(stop.clone(), "sequence", move || sequence(s.clone())));
    tracker.spawn(repeat(stop.clone(), "pass on", move || pass_on(p.clone())));
    tracker.spawn(repeat(stop.clone(), "checkpoint", move || checkpoint(c.clone())));
    tracker.spawn(repeat(stop.clone(), "settle", move || settle(d.clone())));
    tracker.spawn(repeat(stop.clone(), "simulate", move || simulate(e.clone())));
    let t = services.clone();
    tracker.spawn(repeat(stop.clone(), "tiers", move || follow_tiers(t.clone())));
    let m = services.clone();
    tracker.spawn(repeat(stop.clone(), "money books", move || follow_money(m.clone())));
    let w = services.clone();
    tracker.spawn(repeat(stop.clone(), "what if", move || what_if(w.clone())));
    let r = services.clone();
    tracker.spawn(repeat(stop.clone(), "credit", move || refill_credit(r.clone())));
    tracker.spawn(watch(services.reads.clone(), stop.clone()));
    tracker.close();
    tracker
}

/// Runs a task until stopped; it says how long to wait.
async fn repeat<F: Future<Output = Result<Duration>>>(
    stop: CancellationToken,
    task: &'static str,
    run: impl Fn() -> F,
) {
    while !stop.is_cancelled() {
        let pause = match run().await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(
                    task,
                    error = with_causes(&error),
                    "background work failed and will be tried again"
                );
                AFTER_ERROR
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Looks at the replica until stopped, if there is one.
async fn watch(reads: Reads, stop: CancellationToken) {
    let looks = async {
        while let Some(pause) = reads.look().await {
            tokio::time::sleep(pause).await;
        }
    };
    stop.run_until_cancelled(looks).await;
}

async fn sequence(services: Services) -> Result<Duration> {
    let moved = sequencer::advance(&services.db).await?;
    if moved == 0 {
        return Ok(SEQUENCE_EVERY);
    }
    metrics::counter!("florin_facts_sequenced_total").increment(moved);
    // A wake-up that is lost is made up for by polling.
    let _ = services.hot.wake().await;
    Ok(if moved < sequencer::BATCH { SEQUENCE_AGAIN } else { Duration::ZERO })
}

async fn pass_on(services: Services) -> Result<Duration> {
    let mut woken = services.hot.woken();
    woken.mark_unchanged();
    if services.live.advance().await? {
        return Ok(Duration::ZERO);
    }
    // Woken or not, it is worth a look then.
    let _ = tokio::time::timeout(LISTEN_EVERY, woken.changed()).await;
    Ok(Duration::ZERO)
}

/// One step a programme in turn, so that a large one keeps no other waiting.
async fn checkpoint(services: Services) -> Result<Duration> {
    let is_behind = services.advance_checkpoints().await? >= checkpoints::STEP;
    Ok(if is_behind { Duration::ZERO } else { CHECKPOINT_EVERY })
}

/// One step of one simulation, so that whoever sells is served in between.
async fn simulate(services: Services) -> Result<Duration> {
    let had_one = services.earning.advance_simulation().await?;
    Ok(if had_one { SIMULATE_AGAIN } else { SIMULATE_EVERY })
}

/// Once for what was sequenced, whatever it was; woken or not, it is worth a look after a while.
async fn follow_tiers(services: Services) -> Result<Duration> {
    let mut woken = services.hot.woken();
    woken.mark_unchanged();
    if services.follow_tiers().await? == 0 {
        let _ = tokio::time::timeout(LISTEN_EVERY, woken.changed()).await;
    }
    Ok(Duration::ZERO)
}

/// A cycle is gone through as a whole, beside all else.
async fn what_if(services: Services) -> Result<Duration> {
    services.advance_contract_simulations().await?;
    Ok(SIMULATE_EVERY)
}

/// So much is added up at a time that it needn't be done for each fact.
async fn follow_money(services: Services) -> Result<Duration> {
    let is_behind = services.follow_money().await? > 0;
    let is_calculating = services.advance_cycles().await?;
    Ok(if is_behind || is_calculating { SEQUENCE_AGAIN } else { CHECKPOINT_EVERY })
}

/// Whoever has paid may soon owe more.
async fn refill_credit(services: Services) -> Result<Duration> {
    services.refill_credit().await?;
    Ok(REFILL_EVERY)
}

async fn settle(services: Services) -> Result<Duration> {
    services.settle_due().await?;
    Ok(SETTLE_EVERY)
}
