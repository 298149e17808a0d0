//! Reading wallets: balances, history, what expires when, and which lots an entry used.
//!
//! Who may see a member is decided by `members`; here a caller names wallets that it was shown. A
//! partner sees of a wallet only what happened at its own tills.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::{EntryId, LotId, PartnerId, PurchaseId, WalletId, near};
use entity::ledger::entry::EntryKind;
use entity::ledger::{allocation, entry, lot, wallet};
use entity::members::{former_wallet, member};
use entity::programmes::programme::ExpiryPolicy;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use super::Ledger;
use super::core::spending_order;
use crate::actor::{Actor, Who};
use crate::error::Result;
use crate::page::{Page, Window};

/// How many moments of expiry are shown.
const EXPIRIES_MAX: u64 = 100;
/// How many ranges of ids a statement names; SQLite takes no condition of a thousand parts.
const RANGES_MAX: usize = 400;

/// Which entries of a history; all if nothing is said.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    /// Only these kinds.
    pub kinds: Option<Vec<EntryKind>>,
    /// Only at this partner.
    pub partner: Option<PartnerId>,
    /// Only what happened then or later.
    pub from: Option<DateTime<Utc>>,
    /// Only what happened before.
    pub until: Option<DateTime<Utc>>,
    /// Only what was recorded by then.
    pub recorded_until: Option<DateTime<Utc>>,
}

/// A lot's part in an entry.
#[derive(Clone, Debug)]
pub struct LotUse {
    /// What was taken, given back, captured.
    pub allocation: allocation::Model,
    /// Of which lot.
    pub lot: lot::Model,
}

impl Ledger {
    /// Wallets by id.
    pub async fn wallets(&self, actor: &Actor, ids: &[WalletId]) -> Result<Vec<wallet::Model>> {
        let programme = actor.programme()?;
        let query = wallet::Entity::find()
            .filter(wallet::Column::ProgrammeId.eq(programme))
            .filter(wallet::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.db.reader_for(actor)).await?)
    }

    /// What happened in a wallet, newest first.
    pub async fn history(
        &self,
        actor: &Actor,
        wallet: WalletId,
        filter: HistoryFilter,
        window: Window<i64>,
    ) -> Result<Page<entry::Model>> {
        let programme = actor.programme()?;
        let query = entry::Entity::find()
            .filter(entry::Column::ProgrammeId.eq(programme))
            .filter(entry::Column::WalletId.eq(wallet));
        let mut cursor = filter.apply_to(as_seen_by(actor, query)).cursor_by(entry::Column::Seq);
        cursor.desc();
        window.read(self.db.reader_for(actor), cursor).await
    }

    /// Entries by id that the caller may see: operators all, a partner those at its own tills, a
    /// member those of its wallet, and of those that it had.
    pub async fn entries(&self, actor: &Actor, ids: &[EntryId]) -> Result<Vec<entry::Model>> {
        let programme = actor.programme()?;
        let query = entry::Entity::find()
            .filter(entry::Column::ProgrammeId.eq(programme))
            .filter(entry::Column::Id.is_in(ids.iter().copied()));
        let mut found = as_seen_by(actor, query).all(self.db.reader_for(actor)).await?;
        if let Who::Member(_) = actor.who() {
            let own = self.own_wallets(actor).await?;
            found.retain(|entry| own.iter().any(|own| own.holds(entry)));
        }
        Ok(found)
    }

    /// Lots by id that the caller may see: operators all, a partner those that it issued, a member
    /// those of its wallet, and of those that it had.
    pub async fn lots(&self, actor: &Actor, ids: &[LotId]) -> Result<Vec<lot::Model>> {
        let programme = actor.programme()?;
        let query = lot::Entity::find()
            .filter(lot::Column::ProgrammeId.eq(programme))
            .filter(lot::Column::Id.is_in(ids.iter().copied()));
        let mut found = issued_by(actor, query).all(self.db.reader_for(actor)).await?;
        if let Who::Member(_) = actor.who() {
            let own = self.own_wallets(actor).await?;
            found.retain(|lot| own.iter().any(|own| own.held(lot)));
        }
        Ok(found)
    }

    /// The wallet that the member has, and those that it had.
    async fn own_wallets(&self, actor: &Actor) -> Result<Vec<Own>> {
        let (programme, member) = actor.member()?;
        let now =
            member::Entity::find_by_id(member).filter(member::Column::ProgrammeId.eq(programme));
        let now = now.one(self.db.reader_for(actor)).await?;
        let now = now.map(|member| Own { wallet: member.wallet_id, left_at: None });
        let before = former_wallet::Entity::find()
            .filter(former_wallet::Column::ProgrammeId.eq(programme))
            .filter(former_wallet::Column::MemberId.eq(member));
        let before = before.all(self.db.reader_for(actor)).await?;
        let before =
            before.into_iter().map(|row| Own { wallet: row.wallet_id, left_at: Some(row.left_at) });
        Ok(before.chain(now).collect())
    }

    /// The entries that these receipts made.
    pub async fn entries_of_purchases(
        &self,
        actor: &Actor,
        purchases: &[PurchaseId],
    ) -> Result<Vec<entry::Model>> {
        let programme = actor.programme()?;
        // The kind is part of the text: as a bound value it would tell no partial index.
        let find = |is: &str| {
            let query = entry::Entity::find()
                .filter(entry::Column::ProgrammeId.eq(programme))
                .filter(entry::Column::PurchaseId.is_in(purchases.iter().copied()))
                .filter(Expr::cust(format!("kind {is} '{}'", EntryKind::Earned.name())));
            as_seen_by(actor, query).all(self.db.reader_for(actor))
        };
        let mut found = find("=").await?;
        found.append(&mut find("<>").await?);
        found.sort_by_key(|entry| entry.id);
        Ok(found)
    }

    /// The lots of a wallet with points left, in the order of their ids. Pending ones come with the
    /// date from which they can be spent.
    pub async fn open_lots(
        &self,
        actor: &Actor,
        wallet: WalletId,
        window: Window<Uuid>,
    ) -> Result<Page<lot::Model>> {
        let programme = actor.programme()?;
        if matches!(actor.who(), Who::Partner(..)) {
            return Ok(Page { items: Vec::new(), has_next: false, has_previous: false });
        }
        let query = lot::Entity::find()
            .filter(lot::Column::ProgrammeId.eq(programme))
            .filter(lot::Column::WalletId.eq(wallet))
            .filter(lot::Column::Remaining.gt(0));
        window.read(self.db.reader_for(actor), query.cursor_by(lot::Column::Id)).await
    }

    /// How many of a wallet's points expire when, soonest first, at most 100 dates. Where inactivity
    /// decides, all that can be spent does at one moment, unless the member earns or spends before.
    pub async fn expiries(
        &self,
        actor: &Actor,
        wallet: WalletId,
    ) -> Result<Vec<(DateTime<Utc>, Points)>> {
        let programme = actor.programme()?;
        let rules = self.programmes.rules(programme).await?;
        if rules.programme.expiry_policy == ExpiryPolicy::Inactivity {
            let row = self.wallets(actor, &[wallet]).await?.pop();
            let row = row.filter(|row| !row.available.is_zero());
            let expiry = rules.for_ledger().expiry;
            let at = |row: wallet::Model| {
                Some((expiry.of_inactivity(row.last_active_at)?, row.available))
            };
            return Ok(row.and_then(at).into_iter().collect());
        }
        let query = lot::Entity::find()
            .select_only()
            .column(lot::Column::ExpiresAt)
            .column_as(lot::Column::Remaining.sum().cast_as("bigint"), "points")
            .filter(lot::Column::ProgrammeId.eq(programme))
            .filter(lot::Column::WalletId.eq(wallet))
            .filter(lot::Column::Remaining.gt(0))
            .filter(lot::Column::ExpiresAt.is_not_null())
            .group_by(lot::Column::ExpiresAt)
            .order_by_asc(lot::Column::ExpiresAt)
            .limit(EXPIRIES_MAX);
        let dates: Vec<(DateTime<Utc>, i64)> =
            query.into_tuple().all(self.db.reader_for(actor)).await?;
        let points = |(at, sum)| (at, Points::new(sum).unwrap_or(Points::MAX));
        Ok(dates.into_iter().map(points).collect())
    }

    /// Which lots these entries took from, gave back to and captured, in spending order. A partner
    /// sees those that it issued: where else a member buys is not its business.
    pub async fn lot_uses(
        &self,
        actor: &Actor,
        entries: &[(WalletId, EntryId)],
    ) -> Result<Vec<LotUse>> {
        let programme = actor.programme()?;
        let wallets: Vec<WalletId> = entries.iter().map(|(wallet, _)| *wallet).collect();
        let allocations = allocation::Entity::find()
            .filter(allocation::Column::ProgrammeId.eq(programme))
            .filter(allocation::Column::WalletId.is_in(wallets.clone()))
            .filter(allocation::Column::EntryId.is_in(entries.iter().map(|(_, entry)| *entry)))
            .all(self.db.reader_for(actor))
            .await?;
        let lots = lot::Entity::find()
            .filter(lot::Column::ProgrammeId.eq(programme))
            .filter(lot::Column::Id.is_in(allocations.iter().map(|used| used.lot_id)));
        let lots: HashMap<LotId, lot::Model> = issued_by(actor, lots)
            .all(self.db.reader_for(actor))
            .await?
            .into_iter()
            .map(|lot| (lot.id, lot))
            .collect();
        let pair = |allocation: allocation::Model| {
            Some(LotUse { lot: lots.get(&allocation.lot_id)?.clone(), allocation })
        };
        let mut uses: Vec<LotUse> = allocations.into_iter().filter_map(pair).collect();
        uses.sort_by_key(|used| (spending_order(&used.lot), used.allocation.kind));
        Ok(uses)
    }

    /// The lots that these entries made, in one statement for each few hundred.
    pub async fn lots_made(
        &self,
        actor: &Actor,
        entries: &[(WalletId, EntryId)],
    ) -> Result<Vec<lot::Model>> {
        let programme = actor.programme()?;
        let mut made = Vec::new();
        for entries in entries.chunks(RANGES_MAX) {
            let query = lot::Entity::find()
                .filter(lot::Column::ProgrammeId.eq(programme))
                .filter(lot::Column::WalletId.is_in(entries.iter().map(|(wallet, _)| *wallet)))
                .filter(lot::Column::EntryId.is_in(entries.iter().map(|(_, entry)| *entry)))
                // Lots lie near their entries in the primary key's index; there is none by entry.
                .filter(entries.iter().fold(Condition::any(), |any, (_, entry)| {
                    let ids = near(entry.uuid());
                    any.add(lot::Column::Id.between(*ids.start(), *ids.end()))
                }));
            made.append(&mut issued_by(actor, query).all(self.db.reader_for(actor)).await?);
        }
        made.sort_by_key(|lot| lot.id);
        Ok(made)
    }
}

/// A member's wallet, and until when it was.
struct Own {
    wallet: WalletId,
    left_at: Option<DateTime<Utc>>,
}

impl Own {
    fn holds(&self, entry: &entry::Model) -> bool {
        entry.wallet_id == self.wallet && self.left_at.is_none_or(|at| entry.recorded_at <= at)
    }

    /// A lot is told by the time when its points were earned.
    fn held(&self, lot: &lot::Model) -> bool {
        lot.wallet_id == self.wallet && self.left_at.is_none_or(|at| lot.earned_at <= at)
    }
}

impl HistoryFilter {
    fn apply_to(self, mut query: Select<entry::Entity>) -> Select<entry::Entity> {
        if let Some(kinds) = self.kinds {
            query = query.filter(entry::Column::Kind.is_in(kinds));
        }
        if let Some(partner) = self.partner {
            query = query.filter(entry::Column::PartnerId.eq(partner));
        }
        if let Some(from) = self.from {
            query = query.filter(entry::Column::OccurredAt.gte(from));
        }
        if let Some(until) = self.until {
            query = query.filter(entry::Column::OccurredAt.lt(until));
        }
        if let Some(until) = self.recorded_until {
            query = query.filter(entry::Column::RecordedAt.lte(until));
        }
        query
    }
}

fn as_seen_by(actor: &Actor, query: Select<entry::Entity>) -> Select<entry::Entity> {
    match actor.who() {
        Who::Partner(partner, _) => query.filter(entry::Column::PartnerId.eq(partner)),
        _ => query,
    }
}

fn issued_by(actor: &Actor, query: Select<lot::Entity>) -> Select<lot::Entity> {
    match actor.who() {
        Who::Partner(partner, _) => query.filter(lot::Column::IssuerId.eq(partner)),
        _ => query,
    }
}
