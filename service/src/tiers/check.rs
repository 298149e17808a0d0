//! Whether standings are what they follow from, for who checks the books. Nothing is changed, and no clock
//! is asked: between two days on which something is due a standing stays as it is, so that it must be what
//! it comes to on the day before it is due again.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use entity::day::Day;
use entity::ids::{ProgrammeId, TierSetId, WalletId};
use entity::ledger::outbox::FactKind;
use entity::ledger::{fact, outbox, wallet};
use entity::programmes::programme;
use entity::tiers::{tier_cursor, tier_standing};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::refresh::Basis;
use super::sets::{self, Set};
use crate::error::{Error, Result};
use crate::rows::find_among;
use crate::tx::Tx;

/// How many wallets are looked at at a time.
const PAGE: u64 = 500;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Unlike {
    /// How many standings were looked at.
    pub(crate) checked: i64,
    /// How many aren't what they follow from.
    pub(crate) faults: i64,
    /// The first wallets that have one.
    pub(crate) wallets: Vec<WalletId>,
}

/// Looks at all standings in sets that are live, and names at most so many wallets.
pub(crate) async fn unlike_their_days(
    tx: &Tx,
    programme: ProgrammeId,
    named_max: usize,
) -> Result<Unlike> {
    let (mut found, db) = (Unlike::default(), tx.connection());
    let mut sets = sets::all(db, programme).await?;
    sets.retain(Set::is_live);
    let row = programme::Entity::find_by_id(programme).one(db).await?;
    let Some(row) = row.filter(|_| !sets.is_empty()) else { return Ok(found) };
    let zone: Tz = row.time_zone.parse().map_err(Error::internal)?;
    let behind = behind(tx, programme).await?;
    let mut after = WalletId::from_uuid(Uuid::nil());
    loop {
        let page = wallet::Entity::find()
            .filter(wallet::Column::ProgrammeId.eq(programme))
            .filter(wallet::Column::Id.gt(after))
            .order_by_asc(wallet::Column::Id)
            .limit(PAGE);
        let mut page: Vec<WalletId> = page.all(db).await?.into_iter().map(|row| row.id).collect();
        let Some(last) = page.last() else { return Ok(found) };
        after = *last;
        page.retain(|wallet| !behind.contains(&wallet.uuid()));
        let standings = standings(tx, programme, &page).await?;
        let basis = Basis::read(db, programme, &page).await?;
        for (wallet, set) in page.iter().flat_map(|own| sets.iter().map(move |set| (own, set))) {
            let row = standings.get(&(*wallet, set.row.id));
            if let Some(is_right) = is_right(&basis, set, *wallet, row, zone) {
                found.note(*wallet, is_right, named_max);
            }
        }
    }
}

impl Unlike {
    fn note(&mut self, wallet: WalletId, is_right: bool, named_max: usize) {
        self.checked += 1;
        if is_right {
            return;
        }
        self.faults += 1;
        if self.wallets.len() < named_max && self.wallets.last() != Some(&wallet) {
            self.wallets.push(wallet);
        }
    }
}

/// Wallets of which something is on its way to their standings.
async fn behind(tx: &Tx, programme: ProgrammeId) -> Result<HashSet<Uuid>> {
    let db = tx.connection();
    let cursor = tier_cursor::Entity::find_by_id(programme).one(db).await?;
    let position = cursor.map_or(0, |cursor| cursor.position);
    let followed: Vec<Uuid> = fact::Entity::find()
        .select_only()
        .distinct()
        .column(fact::Column::StreamId)
        .filter(fact::Column::ProgrammeId.eq(programme))
        .filter(fact::Column::Position.gt(position))
        .filter(fact::Column::Kind.eq(FactKind::Entry))
        .into_tuple()
        .all(db)
        .await?;
    let sequenced: Vec<Uuid> = outbox::Entity::find()
        .select_only()
        .distinct()
        .column(outbox::Column::StreamId)
        .filter(outbox::Column::ProgrammeId.eq(programme))
        .into_tuple()
        .all(db)
        .await?;
    Ok(followed.into_iter().chain(sequenced).collect())
}

async fn standings(
    tx: &Tx,
    programme: ProgrammeId,
    wallets: &[WalletId],
) -> Result<HashMap<(WalletId, TierSetId), tier_standing::Model>> {
    let (ids, column) =
        (wallets.iter().map(|wallet| wallet.uuid()), tier_standing::Column::WalletId);
    let rows =
        find_among::<tier_standing::Entity, _>(tx.connection(), programme, column, ids, "").await?;
    Ok(rows.into_iter().map(|row| ((row.wallet_id, row.set_id), row)).collect())
}

/// Whether a wallet stands where it should; none where it has done nothing and stands nowhere.
fn is_right(
    basis: &Basis,
    set: &Set,
    wallet: WalletId,
    row: Option<&tier_standing::Model>,
    zone: Tz,
) -> Option<bool> {
    if let Some(row) = row {
        let day = row.due_at.map_or(last_day(), |due| Day::of(due, &zone).plus(-1));
        return Some(basis.stand(set, row, (day, zone)).is_some_and(|(stands, _)| stands == *row));
    }
    // Who bought something stands somewhere, be it nowhere yet.
    (!basis.is_pooled(wallet) && !basis.days(wallet).is_empty()).then_some(false)
}

/// What never ends, or hasn't begun, is the same on it.
fn last_day() -> Day {
    Day::from_date(NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX))
}
