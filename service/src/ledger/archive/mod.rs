//! Archiving: history that nothing asks for any more goes to files, behind a sealed checkpoint, and
//! `verify` still proves the books.
//!
//! **What goes.** Of each sale, and of what members do besides, the books keep an entry that earned and one
//! that matured, with their postings: most of what grows. No command ever reads these again: returns go by
//! lots, payments are undone by their own entries, and no idempotency key leads to them (an event's names
//! its entry, and is answered by the event). So they go, with their postings, if
//! they were recorded before the date, took from no lot (filled no debt), and aren't the last of their
//! wallet. What stays, for ever: receipts and their keys, events, idempotency keys with the entries that they
//! name (payments, holds, returns, transfers, adjustments), what expired, lots, allocations, holds, and
//! the facts, which are small and which consumers count by. A return or a reversal, however late, thus
//! finds what it needs, and a receipt or a key that comes again is answered as before.
//!
//! **The rule never changes its mind.** Whether a row goes depends on the seal's date and position, and
//! on rows that are append-only: its entry, its allocations, and the facts of its entry and of the
//! wallet's next. So the set is fixed before the seal is written; it can be read in pages, without one
//! long transaction, and read again after a crash. The triggers that guard history repeat the rule in SQL:
//! a delete passes if a seal covers the row, whoever asks, and not by any setting of a session.
//!
//! **The order.** 1. The file is written under another name, synced, renamed, and read back. 2. The seal
//! is written: position, counts, sums by account, the file's hash, and the hash before it, which the file's
//! first line holds too, so that the files are a chain. 3. The rows are deleted a bounded step at a time;
//! in the same transaction a step adds what it deletes to the wallets' openings and to the archived sums of
//! partners. A crash before 2 leaves a file that the next run writes anew. One after it leaves rows that
//! the next run deletes, once it has read the sealed file again. At each moment the books hold: balances
//! are openings plus the postings kept, and numbers of entries are those archived plus those kept.
//!
//! **Checkpoints.** The seal lies at or behind the programme's checkpoint, whose row each step locks: no
//! total asks for what was deleted, and a checkpoint that is made again begins with what was archived.
//!
//! **Money.** What goes is in the money books, which never ask for it again.
//!
//! **One at a time.** An archiver locks its folder, so that none writes over a file that another has sealed;
//! of two with different folders the slower one's seal finds its number taken, and its file is void.
//!
//! **Whose work it is.** Who may delete and seal is the owner of the tables; the gateways' role may do
//! neither (see `migrate`). The unique index by which a receipt earns once no longer covers what went; the
//! receipt's key and its member, which can be set once, still do.

mod clear;
mod read;
mod tally;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::ids::{ProgrammeId, WalletId};
use entity::ledger::{checkpoint, opening, seal};
use entity::settlement::settlement_cursor;
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

pub use self::read::{Archived, Page};
pub use self::tally::{Opening, Tally};

use super::Ledger;
use super::expiry::to_utc;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::tx::retrying;

/// What the next file of an archive is to hold.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whose.
    pub programme: ProgrammeId,
    /// Its number in the archive.
    pub number: i64,
    /// Only what stands in the sequence up to here.
    pub position: i64,
    /// Only what was recorded before.
    pub recorded_before: DateTime<Utc>,
    /// The hash of the file before, if there is one.
    pub previous_hash: Option<Vec<u8>>,
}

impl Ledger {
    /// What an archive would take now of what was recorded before that day began, where the programme
    /// is; up to its checkpoint, and to where its money books are.
    pub async fn plan_archive(&self, programme: ProgrammeId, before: NaiveDate) -> Result<Plan> {
        let zone = self.programmes.rules(programme).await?.zone;
        let recorded_before = to_utc(before.and_time(NaiveTime::MIN), zone);
        if recorded_before > self.clock.now() {
            return Err(Error::bad_input("before", "before is a day that has begun"));
        }
        let last = self.seals(programme).await?.pop();
        let mark = checkpoint::Entity::find_by_id(programme).one(self.db.primary()).await?;
        let books = settlement_cursor::Entity::find_by_id(programme).one(self.db.primary()).await?;
        let mark = mark.map_or(0, |mark| mark.position);
        let books = books.map_or(0, |books| books.position);
        Ok(Plan {
            programme,
            number: last.as_ref().map_or(1, |seal| seal.number + 1),
            position: std::cmp::min(mark, books),
            recorded_before,
            previous_hash: last.map(|seal| seal.hash),
        })
    }

    /// The seal of a file that was written by the plan, not yet set.
    pub fn seal_of(
        &self,
        plan: &Plan,
        (tally, last): (&Tally, i64),
        (file, hash): (&str, &[u8]),
    ) -> seal::Model {
        seal::Model {
            last,
            programme_id: plan.programme,
            number: plan.number,
            position: plan.position,
            recorded_before: plan.recorded_before,
            entries: tally.entries,
            postings: tally.postings,
            sums: tally.sums(),
            file: file.to_owned(),
            hash: hash.to_vec(),
            previous_hash: plan.previous_hash.clone(),
            sealed_at: self.clock.now(),
        }
    }

    /// Sets a seal whose file was read back. From now on the rows that it holds may be deleted. Where
    /// an archiver with another folder was faster, its number is taken and the file void.
    pub async fn seal(&self, seal: &seal::Model) -> Result<()> {
        retrying(|| async {
            let tx = self.db.begin().await?;
            seal::Entity::insert(seal.clone().into_active_model())
                .exec_without_returning(tx.connection())
                .await?;
            tx.commit(()).await
        })
        .await
    }

    /// A programme's seals, in order.
    pub async fn seals(&self, programme: ProgrammeId) -> Result<Vec<seal::Model>> {
        let query = seal::Entity::find()
            .filter(seal::Column::ProgrammeId.eq(programme))
            .order_by_asc(seal::Column::Number);
        Ok(query.all(self.db.primary()).await?)
    }

    /// The last seal, if not all that it covers is deleted yet.
    pub async fn unfinished_seal(&self, programme: ProgrammeId) -> Result<Option<seal::Model>> {
        let seals = self.seals(programme).await?;
        let sealed: i64 = seals.iter().map(|seal| seal.entries).sum();
        let gone: Option<Option<i64>> = opening::Entity::find()
            .select_only()
            .column_as(opening::Column::Entries.sum().cast_as("bigint"), "entries")
            .filter(opening::Column::ProgrammeId.eq(programme))
            .into_tuple()
            .one(self.db.primary())
            .await?;
        let gone = gone.flatten().unwrap_or(0);
        Ok(seals.into_iter().next_back().filter(|_| gone < sealed))
    }

    /// What the archived entries of each wallet add up to.
    pub async fn openings(&self, programme: ProgrammeId) -> Result<Vec<opening::Model>> {
        let query = opening::Entity::find()
            .filter(opening::Column::ProgrammeId.eq(programme))
            .order_by_asc(opening::Column::WalletId);
        Ok(query.all(self.db.primary()).await?)
    }

    /// Deletes what a seal covers, from a position on, one step; says where the next begins, if there is
    /// one.
    pub async fn clear_archived(&self, seal: &seal::Model, since: i64) -> Result<Option<i64>> {
        clear::step(&self.db, seal, since).await
    }

    /// From when on the history of these wallets is complete, where some of it was archived.
    pub async fn histories_complete_since(
        &self,
        actor: &Actor,
        wallets: &[WalletId],
    ) -> Result<Vec<(WalletId, DateTime<Utc>)>> {
        let programme = actor.programme()?;
        let query = opening::Entity::find()
            .filter(opening::Column::ProgrammeId.eq(programme))
            .filter(opening::Column::WalletId.is_in(wallets.iter().copied()));
        let rows = query.all(self.db.reader()).await?;
        Ok(rows.into_iter().map(|row| (row.wallet_id, row.complete_since)).collect())
    }
}
