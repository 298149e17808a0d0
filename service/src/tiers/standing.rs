//! The tiers that wallets had on a day, as the decision of what a sale earns asks for them.
//!
//! A sale that arrives late is decided by the tier of its day. Where a wallet came to its tier after that day,
//! its history says what it had before; a tier that only goods had reached that came back was never reached,
//! and isn't found there either way. Two statements whatever the number of wallets and days, and a third
//! where something is late.

use std::collections::{BTreeSet, HashMap};

use entity::day::Day;
use entity::ids::{ProgrammeId, TierSetId, WalletId};
use entity::tiers::tier_terms::Tier;
use entity::tiers::{tier_change, tier_standing};
use sea_orm::ConnectionTrait;

use super::sets::Set;
use crate::error::Result;
use crate::rows::find_among;

/// What the earning decision asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The set's code.
    pub set: String,
    /// The tier's code.
    pub tier: String,
    /// What is earned in it: 10,000 is once.
    pub multiplier_bp: i32,
}

type Rows = HashMap<(WalletId, TierSetId), tier_standing::Model>;

/// The tiers that wallets had on these days, in every live set.
pub(crate) async fn standings_on<C: ConnectionTrait>(
    db: &C,
    sets: &[Set],
    programme: ProgrammeId,
    asked: &BTreeSet<(WalletId, Day)>,
) -> Result<HashMap<(WalletId, Day), Vec<Standing>>> {
    let live: Vec<&Set> = sets.iter().filter(|set| set.is_live()).collect();
    if live.is_empty() {
        return Ok(HashMap::new());
    }
    let wallets: BTreeSet<WalletId> = asked.iter().map(|(wallet, _)| *wallet).collect();
    let ids = wallets.iter().map(|wallet| wallet.uuid());
    let column = tier_standing::Column::WalletId;
    let rows = find_among::<tier_standing::Entity, _>(db, programme, column, ids, "").await?;
    let rows: Rows = rows.into_iter().map(|row| ((row.wallet_id, row.set_id), row)).collect();
    let is_late = |(wallet, day): &&(WalletId, Day)| {
        let of = |set: &&Set| rows.get(&(*wallet, set.row.id));
        live.iter().filter_map(of).any(|row| came_after(row, *day))
    };
    let late = asked.iter().filter(is_late).map(|(wallet, _)| wallet.uuid());
    let (column, also) = (tier_change::Column::WalletId, "order by id");
    let changes = find_among::<tier_change::Entity, _>(db, programme, column, late, also).await?;
    let on = |(wallet, day): &(WalletId, Day)| {
        let standing = |set: &&Set| {
            let row = rows.get(&(*wallet, set.row.id));
            let tier = tier_of(set, code_on(row, &changes, *day), *day)?;
            Some(Standing {
                set: set.row.code.clone(),
                tier: tier.code.clone(),
                multiplier_bp: tier.multiplier_bp,
            })
        };
        ((*wallet, *day), live.iter().filter_map(standing).collect())
    };
    Ok(asked.iter().map(on).collect())
}

fn came_after(row: &tier_standing::Model, day: Day) -> bool {
    row.since.is_some_and(|since| since > day)
}

/// The tier's code on that day; none where it had none.
fn code_on<'a>(
    row: Option<&'a tier_standing::Model>,
    changes: &'a [tier_change::Model],
    day: Day,
) -> Option<&'a str> {
    let row = row?;
    if !came_after(row, day) {
        return row.tier_code.as_deref();
    }
    let is_own =
        |own: &&tier_change::Model| own.wallet_id == row.wallet_id && own.set_id == row.set_id;
    let mut own = changes.iter().filter(is_own);
    let first = own.clone().next();
    match own.rfind(|change| change.day <= day) {
        Some(change) => change.to_code.as_deref(),
        None => first.and_then(|change| change.from_code.as_deref()),
    }
}

/// The tier of this code, by that day's terms; the lowest where everybody has it.
pub(super) fn tier_of<'a>(set: &'a Set, code: Option<&str>, day: Day) -> Option<&'a Tier> {
    let tiers = set.tiers_on(day);
    match code {
        Some(code) => tiers.iter().chain(set.ranks()).find(|tier| tier.code == code),
        None => tiers.first().filter(|tier| tier.threshold == 0),
    }
}
