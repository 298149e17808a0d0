//! Live updates: what happened, to those who may know, as it enters the sequence of facts.
//!
//! Each gateway reads the sequence's tail once, whatever the number of its subscribers, and fans it
//! out in memory. A subscriber that comes back with `after`, or fell behind, is served from the
//! table until it has caught up: no gap, nothing twice.
//!
//! Who may listen is asked again before each batch with something for it: a revoked client hears no
//! more, and a member that was pooled or left its household hears no more of the wallet it had. Its
//! subscription ends, and a new one with `after` misses nothing.

mod facts;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use entity::cashback::cashback_entry;
use entity::ids::{PartnerId, ProgrammeId, WalletId};
use entity::ledger::entry::{self, EntryKind};
use entity::purchases::purchase;
use futures_util::stream::{self, Stream};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::actor::{Actor, Scope};
use crate::auth::check_owner;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::members::Members;

/// How many batches a slow subscriber may be behind before it reads from the table.
pub const BATCHES_KEPT: usize = 256;
/// How long after it left a household a member's subscription ends, in silence.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// The tail of a gateway that hasn't looked yet where the sequence ends.
const UNKNOWN: i64 = -1;

/// Something that happened, at its place in the sequence.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its place: resume after it.
    pub position: i64,
    /// In which programme.
    pub programme: ProgrammeId,
    /// The ledger's entry, if it is one.
    pub entry: Option<entry::Model>,
    /// The receipt that was kept without a member, if it is that.
    pub kept: Option<purchase::Model>,
    /// The cashback entry, if it is one.
    pub cashback: Option<cashback_entry::Model>,
}

/// The use cases.
pub struct Live {
    db: Db,
    members: Arc<Members>,
    tail: AtomicI64,
    events: broadcast::Sender<Arc<Vec<Event>>>,
}

/// What a subscriber wants to hear of.
#[derive(Clone, Copy, Debug)]
enum Interest {
    Wallet(ProgrammeId, WalletId),
    Cashback(ProgrammeId, WalletId),
    Receipts(ProgrammeId, PartnerId),
}

impl Interest {
    fn covers(self, event: &Event) -> bool {
        match (self, &event.entry, &event.kept) {
            (Self::Wallet(programme, wallet), Some(entry), _) => {
                event.programme == programme && entry.wallet_id == wallet
            }
            (Self::Receipts(programme, partner), Some(entry), _) => {
                event.programme == programme
                    && entry.partner_id == Some(partner)
                    && matches!(entry.kind, EntryKind::Earned | EntryKind::Returned)
            }
            (Self::Receipts(programme, partner), None, Some(kept)) => {
                event.programme == programme && kept.partner_id == partner
            }
            (Self::Cashback(programme, wallet), ..) => {
                let cashback = event.cashback.as_ref();
                event.programme == programme && cashback.is_some_and(|own| own.wallet_id == wallet)
            }
            _ => false,
        }
    }
}

impl Live {
    /// The use cases over this database.
    pub fn new(db: Db, members: Arc<Members>) -> Self {
        Self {
            db,
            members,
            tail: AtomicI64::new(UNKNOWN),
            events: broadcast::Sender::new(BATCHES_KEPT),
        }
    }

    /// Each change of the calling member's wallet, from now or after a position.
    pub async fn wallet_changes(
        self: &Arc<Self>,
        actor: &Actor,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<Event>> + Send + use<>> {
        let (programme, _) = actor.member()?;
        let member = self.members.own(actor).await?;
        self.subscribe(actor, Interest::Wallet(programme, member.wallet_id), after).await
    }

    /// Each change of the cashback in the calling member's wallet, from now or after a position.
    pub async fn cashback_changes(
        self: &Arc<Self>,
        actor: &Actor,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<Event>> + Send + use<>> {
        let (programme, _) = actor.member()?;
        let member = self.members.own(actor).await?;
        self.subscribe(actor, Interest::Cashback(programme, member.wallet_id), after).await
    }

    /// Each receipt and return of the calling partner, from now or after a position.
    pub async fn purchases(
        self: &Arc<Self>,
        actor: &Actor,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<Event>> + Send + use<>> {
        let (programme, partner) = actor.partner(Scope::PurchasesRead)?;
        self.subscribe(actor, Interest::Receipts(programme, partner), after).await
    }

    async fn subscribe(
        self: &Arc<Self>,
        actor: &Actor,
        interest: Interest,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<Event>> + Send + use<>> {
        // First have all beyond some place passed on, then listen, then look where the sequence ends:
        // nothing falls in between.
        self.tail().await?;
        let events = self.events.subscribe();
        let end = facts::end(&self.db).await?;
        let cursor = match after {
            None => end,
            Some(after) => {
                let beginning = facts::beginning(&self.db, actor.programme()?).await?;
                if !(beginning..=end).contains(&after) {
                    let message = format!("after is a position from {beginning} to {end}");
                    return Err(Error::bad_input("after", message));
                }
                after
            }
        };
        let subscriber = Subscriber {
            live: Arc::clone(self),
            actor: actor.clone(),
            interest,
            cursor,
            is_behind: cursor < end,
            events,
            ready: VecDeque::new(),
        };
        Ok(stream::unfold(Some(subscriber), |subscriber| async {
            let mut subscriber = subscriber?;
            match subscriber.next().await {
                Ok(Some(event)) => Some((Ok(event), Some(subscriber))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        }))
    }

    /// Reads what is new in the sequence and passes it on; says whether there was anything.
    pub(crate) async fn advance(&self) -> Result<bool> {
        if self.events.receiver_count() == 0 {
            return self.pass_by().await;
        }
        let batch = facts::after(&self.db, self.tail().await?).await?;
        let Some(last) = batch.last() else { return Ok(false) };
        self.tail.store(last.position, Ordering::Relaxed);
        // Nobody listening is no fault.
        let _ = self.events.send(Arc::new(batch));
        Ok(true)
    }

    /// Nobody listens, so that nothing need be read. Whoever came while the end was looked for reads on
    /// from an earlier one; who comes after, from a later one.
    async fn pass_by(&self) -> Result<bool> {
        let (tail, end) = (self.tail().await?, facts::end(&self.db).await?);
        if self.events.receiver_count() == 0 {
            self.tail.store(end, Ordering::Relaxed);
        }
        Ok(end > tail && self.events.receiver_count() > 0)
    }

    /// The position beyond which everything is passed on: at first, where the sequence ends.
    async fn tail(&self) -> Result<i64> {
        let tail = self.tail.load(Ordering::Relaxed);
        if tail != UNKNOWN {
            return Ok(tail);
        }
        let end = facts::end(&self.db).await?;
        let set = self.tail.compare_exchange(UNKNOWN, end, Ordering::Relaxed, Ordering::Relaxed);
        Ok(set.map_or_else(|earlier| earlier, |_| end))
    }
}

struct Subscriber {
    live: Arc<Live>,
    actor: Actor,
    interest: Interest,
    cursor: i64,
    is_behind: bool,
    events: broadcast::Receiver<Arc<Vec<Event>>>,
    ready: VecDeque<Event>,
}

impl Subscriber {
    /// The next event; none when there are no more for it.
    async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            let Some(batch) = self.batch().await? else { return Ok(None) };
            self.accept(&batch);
            let is_asked_again = batch.is_empty() || !self.ready.is_empty();
            if is_asked_again && !self.may_listen().await? {
                return Ok(None);
            }
        }
    }

    /// What comes next, or nothing after a while; none when the gateway stops.
    async fn batch(&mut self) -> Result<Option<Arc<Vec<Event>>>> {
        if self.is_behind {
            return self.catch_up().await.map(Some);
        }
        match tokio::time::timeout(LOOK_AGAIN, self.events.recv()).await {
            Ok(Ok(batch)) => Ok(Some(batch)),
            Ok(Err(RecvError::Lagged(_))) => {
                self.is_behind = true;
                self.catch_up().await.map(Some)
            }
            Ok(Err(RecvError::Closed)) => Ok(None),
            Err(_) => Ok(Some(Arc::default())),
        }
    }

    /// Whether the caller still may come in, and the wallet is still its own.
    async fn may_listen(&self) -> Result<bool> {
        let actor = check_owner(&self.live.db, &self.actor).await?;
        match self.interest {
            Interest::Wallet(_, wallet) | Interest::Cashback(_, wallet) => {
                Ok(self.live.members.own(&self.actor).await?.wallet_id == wallet)
            }
            Interest::Receipts(..) => Ok(actor.has(Scope::PurchasesRead)),
        }
    }

    async fn catch_up(&mut self) -> Result<Arc<Vec<Event>>> {
        let batch = facts::after(&self.live.db, self.cursor).await?;
        self.is_behind = !batch.is_empty();
        Ok(Arc::new(batch))
    }

    fn accept(&mut self, batch: &[Event]) {
        for event in batch {
            if event.position <= self.cursor {
                continue;
            }
            self.cursor = event.position;
            if self.interest.covers(event) {
                self.ready.push_back(event.clone());
            }
        }
    }
}
