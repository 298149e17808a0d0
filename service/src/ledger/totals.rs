//! What the books add up to: by partner, by account, by reason. For operators.
//!
//! Accounts are read at their checkpoint, with what came after it. Reasons are counted over all
//! entries, for a summary and not for a screen.

use entity::ids::PartnerId;
use entity::ledger::entry::{self, EntryKind};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement,
};

use super::{Ledger, checkpoints};
use crate::actor::{Actor, Scope};
use crate::error::{Error, Result};

/// A partner's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct PartnerTotals {
    /// Whose.
    pub partner: PartnerId,
    /// Issued, less what came back.
    pub issued: i64,
    /// Burned there, less what was undone.
    pub accepted: i64,
}

/// What members hold and owe, and what the programme's own accounts took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Outstanding {
    /// Can be spent.
    pub available: i64,
    /// Wait for the return window to close.
    pub pending: i64,
    /// Are set aside.
    pub held: i64,
    /// Are owed by members.
    pub debt: i64,
    /// Expired.
    pub expired: i64,
    /// Given by operators, less what they took.
    pub adjusted: i64,
}

impl Outstanding {
    /// What the programme owes its members: issued, less burned, less expired, as adjusted.
    pub fn liability(&self) -> i64 {
        self.available + self.pending + self.held - self.debt
    }
}

/// Entries of one kind at one partner.
#[derive(Clone, Debug)]
pub struct Occasion {
    /// What happened.
    pub kind: EntryKind,
    /// Where, if at one.
    pub partner: Option<PartnerId>,
    /// How often.
    pub entries: i64,
    /// How many points all of them are about.
    pub points: i64,
    /// The latest of them.
    pub latest: entry::Model,
}

const BY_PARTNER: &str = "
    select owner_id as partner,
        cast(sum(case account when 'ISSUED' then -points else 0 end) as bigint) as issued,
        cast(sum(case account when 'ACCEPTED' then points else 0 end) as bigint) as accepted
    from account where account in ('ISSUED', 'ACCEPTED') group by owner_id order by owner_id";

const OUTSTANDING: &str = "
    select
        cast(coalesce(sum(case account when 'AVAILABLE' then points end), 0) as bigint) as available,
        cast(coalesce(sum(case account when 'PENDING' then points end), 0) as bigint) as pending,
        cast(coalesce(sum(case account when 'HELD' then points end), 0) as bigint) as held,
        cast(coalesce(sum(case account when 'DEBT' then -points end), 0) as bigint) as debt,
        cast(coalesce(sum(case account when 'EXPIRED' then points end), 0) as bigint) as expired,
        cast(coalesce(sum(case account when 'ADJUSTED' then -points end), 0) as bigint) as adjusted
    from account";

impl Ledger {
    /// Every partner's totals.
    pub async fn totals(&self, actor: &Actor) -> Result<Vec<PartnerTotals>> {
        self.summed(actor, BY_PARTNER).await
    }

    /// What is outstanding in the whole programme.
    pub async fn outstanding(&self, actor: &Actor) -> Result<Outstanding> {
        let mut found = self.summed(actor, OUTSTANDING).await?;
        found.pop().ok_or_else(|| Error::internal("a sum without an answer"))
    }

    async fn summed<T: FromQueryResult>(&self, actor: &Actor, question: &str) -> Result<Vec<T>> {
        let (programme, _) = actor.operator(Scope::LedgerAdjust)?;
        let tx = self.db.snapshot().await?;
        checkpoints::look_up(&tx).await?;
        let sql = format!("{} {question}", checkpoints::ACCOUNTS);
        let statement =
            Statement::from_sql_and_values(tx.backend(), sql, [programme.uuid().into()]);
        let found = T::find_by_statement(statement).all(tx.connection()).await?;
        tx.commit(found).await
    }

    /// Why balances changed most often: the commonest kinds of entry by partner.
    pub async fn commonest(&self, actor: &Actor, limit: u64) -> Result<Vec<Occasion>> {
        let (programme, _) = actor.operator(Scope::LedgerAdjust)?;
        let ours = || entry::Entity::find().filter(entry::Column::ProgrammeId.eq(programme));
        let groups: Vec<(EntryKind, Option<PartnerId>, i64, i64)> = ours()
            .select_only()
            .columns([entry::Column::Kind, entry::Column::PartnerId])
            .column_as(entry::Column::Id.count(), "entries")
            .column_as(entry::Column::Points.sum().cast_as("bigint"), "points")
            .group_by(entry::Column::Kind)
            .group_by(entry::Column::PartnerId)
            .order_by_desc(entry::Column::Id.count())
            .order_by_asc(entry::Column::Kind)
            .order_by_asc(entry::Column::PartnerId)
            .limit(limit)
            .into_tuple()
            .all(self.db.reader_for(actor))
            .await?;
        let mut occasions = Vec::new();
        for (kind, partner, entries, points) in groups {
            let at = match partner {
                Some(partner) => entry::Column::PartnerId.eq(partner),
                None => entry::Column::PartnerId.is_null(),
            };
            let of = ours().filter(entry::Column::Kind.eq(kind)).filter(at);
            let latest = of.order_by_desc(entry::Column::Id).one(self.db.reader_for(actor)).await?;
            let latest = latest.ok_or_else(|| Error::internal("an entry has gone"))?;
            occasions.push(Occasion { kind, partner, entries, points, latest });
        }
        Ok(occasions)
    }
}
