//! The busy writes: receipts, returns, payments, holds, transfers. Many callers' share one transaction
//! and one commit, whatever their kinds, because all of them go through the ledger's one gate: what they
//! name is read set by set, their commands are decided together, and their rows stored table by table,
//! in a number of statements that doesn't grow with theirs.
//!
//! What a kind reads, commands and stores is its context's business; lanes decide who shares a batch.
//! Nothing may enter here that asks the outside, or the clock, within the transaction.

mod found;
mod moves;
mod rows;

use std::time::Instant;

use entity::ids::ProgrammeId;
use sea_orm::DbBackend;
use tracing::Instrument as _;

pub(crate) use self::found::Found;
pub(crate) use self::moves::{Made, Move};
pub(crate) use self::rows::{Rows, Verdicts};

use crate::activity;
use crate::cashback;
use crate::coupons;
use crate::db::Db;
use crate::earning::ask::{Ask, Terms};
use crate::earning::books::{Known, Wanted};
use crate::earning::decide::By;
use crate::earning::events;
use crate::error::Result;
use crate::lanes::{Failed, Job, Lanes, Name, Work, measure};
use crate::ledger::core::Command;
use crate::ledger::{self, Opened};
use crate::purchases::{Answer, Receipts, Returned, TakeBack, record, returns};
use crate::rewards::claims;
use crate::tx::{self, Setback, Tx};

/// A lane keeps one process of the database busy, and the gateway about as much again. With more lanes
/// batches are smaller, and each statement costs its fixed part more often: on two cores, everything on
/// them, one lane sells as much as two or three, and four a sixth less.
const CORES_PER_LANE: usize = 2;
/// More don't help a batch that waits for the disk.
const LANES_MAX: usize = 8;

/// What one caller wants written.
pub(crate) enum Write {
    /// Receipts to be recorded.
    Receipts(Receipts),
    /// Goods to be taken back.
    TakeBack(TakeBack),
    /// Points to be moved.
    Move(Move),
    /// Something that a member did.
    Event(events::Event),
    /// A reward to be claimed.
    Claim(Box<claims::Claiming>),
}

/// What became of it.
pub(crate) enum Done {
    /// Each receipt's answer, with its place.
    Recorded(Vec<(usize, Answer)>),
    /// The return.
    Returned(Box<Returned>),
    /// What moved.
    Made(Box<Made>),
    /// The event.
    Happened(Box<events::Happened>),
    /// The claim.
    Claimed(claims::Outcome),
}

impl Job for Write {
    fn weight(&self) -> usize {
        match self {
            Self::Receipts(receipts) => receipts.count(),
            Self::TakeBack(_) | Self::Move(_) | Self::Event(_) | Self::Claim(_) => 1,
        }
    }

    fn place(&self) -> Name {
        match self {
            Self::Receipts(receipts) => receipts.place(),
            Self::TakeBack(take_back) => take_back.place(),
            Self::Move(wish) => wish.place(),
            Self::Event(event) => event.place(),
            Self::Claim(claim) => claim.place(),
        }
    }

    fn names(&self) -> &[Name] {
        match self {
            Self::Receipts(receipts) => receipts.names(),
            Self::TakeBack(take_back) => take_back.names(),
            Self::Move(wish) => wish.names(),
            Self::Event(event) => event.names(),
            Self::Claim(claim) => claim.names(),
        }
    }
}

/// A write whose commands are on their way through the gate.
enum Draft {
    Receipts(record::Draft),
    TakeBack(Box<returns::Draft>),
    Move,
    Event(Box<events::Draft>),
    Claim(claims::Draft),
}

impl Write {
    fn draft(&self, by: By<'_>, found: &Found, commands: &mut Vec<Command>) -> Result<Draft> {
        Ok(match self {
            Self::Receipts(receipts) => Draft::Receipts(receipts.draft(
                by.programme.id(),
                &found.receipts,
                &found.members,
                commands,
            )),
            Self::TakeBack(take_back) => {
                let draft = take_back.draft(by, &found.returns, &found.current, commands)?;
                Draft::TakeBack(Box::new(draft))
            }
            Self::Move(wish) => {
                commands.push(wish.command(found)?);
                Draft::Move
            }
            Self::Event(event) => {
                Draft::Event(Box::new(event.draft(by, &found.members, commands)?))
            }
            Self::Claim(claim) => {
                Draft::Claim(claim.draft(by, (&found.rewards, &found.members), commands)?)
            }
        })
    }
}

impl Draft {
    fn want(&self, by: By<'_>, wanted: &mut Wanted) {
        match self {
            Self::Receipts(draft) => draft.want(by, wanted),
            Self::Event(draft) => draft.want(by, wanted),
            Self::TakeBack(_) | Self::Move | Self::Claim(_) => {}
        }
    }

    /// Decides what is earned, but for what was earned before by the same key.
    fn decide(
        &mut self,
        by: By<'_>,
        (known, coupons, opened): (&mut Known, &mut coupons::Known, &Opened),
        commands: &mut [Command],
    ) {
        match self {
            Self::Receipts(draft) => draft.decide(by, (known, coupons), commands),
            Self::Event(draft) => {
                let is_known = commands.get(draft.place()).is_some_and(|own| opened.is_known(own));
                if !is_known {
                    draft.decide(by, known, commands);
                }
            }
            Self::TakeBack(_) | Self::Move | Self::Claim(_) => {}
        }
    }

    fn claim(&self) -> Option<&claims::Draft> {
        if let Self::Claim(draft) = self { Some(draft) } else { None }
    }

    fn finish(self, verdicts: &mut Verdicts, rows: &mut Rows) -> Result<Done> {
        Ok(match self {
            Self::Receipts(draft) => Done::Recorded(draft.finish(verdicts, rows)?),
            Self::TakeBack(draft) => Done::Returned(Box::new(draft.finish(verdicts, rows)?)),
            Self::Move => Done::Made(Box::new(Made::of(verdicts)?)),
            Self::Event(draft) => Done::Happened(Box::new(draft.finish(verdicts, rows)?)),
            Self::Claim(draft) => Done::Claimed(draft.finish(verdicts, rows)?),
        })
    }
}

/// The lanes of all programmes.
pub(crate) struct Writes {
    db: Db,
    lanes: Lanes<Gate>,
}

/// How many lanes a programme has on PostgreSQL. SQLite has one writer, and so one lane.
fn lanes() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / CORES_PER_LANE).clamp(1, LANES_MAX)
}

impl Writes {
    /// Over this database.
    pub(crate) fn new(db: Db, ask: Ask) -> Self {
        let count = if db.backend() == DbBackend::Postgres { lanes() } else { 1 };
        Self { db: db.clone(), lanes: Lanes::new(Gate { db, ask }, count) }
    }

    /// Has it written, in a batch with others.
    pub(crate) async fn submit(&self, programme: ProgrammeId, write: Write) -> Result<Done> {
        self.lanes.submit(programme, write).await
    }

    /// Has it written by itself.
    pub(crate) async fn alone(&self, programme: ProgrammeId, write: &Write) -> Result<Done> {
        self.lanes.alone(programme, write).await
    }

    /// Waits for what is under way.
    pub(crate) async fn drain(&self) {
        self.lanes.drain().await;
    }
}

/// The gate, with what leads to it.
struct Gate {
    db: Db,
    ask: Ask,
}

impl Work for Gate {
    type Job = Write;
    type Answer = Done;

    async fn run(
        &self,
        programme: ProgrammeId,
        writes: &[&Write],
    ) -> Result<Vec<Result<Done>>, Failed> {
        let done = tx::patiently(async { Ok(self.write(programme, writes).await) }).await;
        done.unwrap_or_else(|silence| Err(Failed::Unknown(silence)))
    }
}

impl Gate {
    async fn write(
        &self,
        programme: ProgrammeId,
        writes: &[&Write],
    ) -> Result<Vec<Result<Done>>, Failed> {
        let terms = self.ask.terms(programme).await.map_err(Failed::NotBegun)?;
        let tx = self.db.begin().await.map_err(Failed::NotBegun)?;
        let answers = self.write_all(&tx, terms, writes).await.map_err(Failed::Undone)?;
        let begun = Instant::now();
        let commit = tx.commit(answers).instrument(tracing::debug_span!("commit"));
        let answers = commit.await.map_err(|error| match Setback::of(&error) {
            Some(Setback::Conflict) => Failed::Undone(error),
            _ => Failed::Unknown(error),
        })?;
        measure::committed(begun.elapsed());
        Ok(answers)
    }
}

impl Gate {
    /// Reads, decides and stores for all of them.
    async fn write_all(
        &self,
        tx: &Tx,
        mut terms: Terms,
        writes: &[&Write],
    ) -> Result<Vec<Result<Done>>> {
        let programme = terms.programme.id();
        let mut found = Found::read(tx, programme, writes).await?;
        self.ask.cover(&mut terms, &found.returns.rules()).await?;
        let by = terms.by();
        let mut commands = Vec::new();
        let mut drafts: Vec<Result<Draft>> =
            writes.iter().map(|write| write.draft(by, &found, &mut commands)).collect();
        let opened = ledger::open(tx, by.programme.for_ledger(), &commands).await?;
        let mut wanted = Wanted::default();
        drafts.iter().flatten().for_each(|draft| draft.want(by, &mut wanted));
        let mut known = wanted.read(tx.connection(), by).await?;
        for draft in drafts.iter_mut().flatten() {
            draft.decide(by, (&mut known, &mut found.coupons, &opened), &mut commands);
        }
        let claiming = || drafts.iter().flatten().filter_map(Draft::claim);
        let mut shelves = claims::shelves(tx, programme, claiming(), (&opened, &commands)).await?;
        for draft in drafts.iter_mut().flatten() {
            if let Draft::Claim(draft) = draft {
                draft.decide(&mut shelves, &opened, &mut commands);
            }
        }
        let applied = opened.apply(tx, &commands).await?;
        cashback::follow(tx, by.programme, &commands, &applied.verdicts).await?;
        let activity = activity::Rows::new(programme, by.programme.zone);
        let (mut verdicts, mut rows) = (Verdicts::new(applied), Rows::new(activity));
        let finish = |draft: Result<Draft>| draft?.finish(&mut verdicts, &mut rows);
        let answers = drafts.into_iter().map(finish).collect();
        rows.save(tx, programme).await?;
        Ok(answers)
    }
}
