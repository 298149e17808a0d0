//! Works standings out: from days, grants and terms, never from what stood there before, so that it does no
//! harm to do it twice, late, or on two gateways at once. A fixed number of statements for any number of
//! wallets.
//!
//! Standings are locked first, in one order; what they follow from is read behind that lock, so that whoever
//! comes second sees all that the first one saw.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::activity::activity_day;
use entity::day::Day;
use entity::ids::{self, ProgrammeId, TierChangeId, TierSetId, WalletId};
use entity::ledger::wallet;
use entity::tiers::tier_change::TierChangeKind;
use entity::tiers::{tier_change, tier_grant, tier_standing};
use sea_orm::{ConnectionTrait, DbBackend};

use super::core::{Earned, Step};
use super::sets::{Set, begins};
use crate::error::Result;
use crate::programmes::Rules;
use crate::rows::{find_among, insert_all, insert_new, update_all};
use crate::tx::Tx;

/// Why standings are worked out, where it isn't for what was bought.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    pub(super) kind: TierChangeKind,
    pub(super) actor: String,
    pub(super) reason: Option<String>,
}

/// All that wallets' standings follow from, but for the sets' terms.
pub(super) struct Basis {
    days: HashMap<WalletId, Vec<activity_day::Model>>,
    wallets: HashMap<WalletId, wallet::Model>,
    grants: Vec<tier_grant::Model>,
}

/// Works the standings of these wallets out, in every set that is live.
pub(super) async fn refresh(
    tx: &Tx,
    rules: &Rules,
    sets: &[Set],
    wallets: &[WalletId],
    at: DateTime<Utc>,
    cause: Option<&Cause>,
) -> Result<()> {
    let live: HashMap<TierSetId, &Set> =
        sets.iter().filter(|set| set.is_live()).map(|set| (set.row.id, set)).collect();
    if live.is_empty() || wallets.is_empty() {
        return Ok(());
    }
    let standings = lock(tx, rules, &live, wallets).await?;
    let basis = Basis::read(tx.connection(), rules.id(), wallets).await?;
    let today = Day::of(at, &rules.zone);
    let (mut changed, mut changes) = (Vec::new(), Vec::new());
    for before in standings {
        let Some(set) = live.get(&before.set_id) else { continue };
        let Some((after, earned)) = basis.stand(set, &before, (today, rules.zone)) else {
            continue;
        };
        if after == before {
            continue;
        }
        // A wallet that was pooled away has no history to come.
        if !basis.is_pooled(before.wallet_id) {
            changes.extend(told(set, &before, &after, &earned, (today, at), cause));
        }
        changed.push(after);
    }
    use tier_standing::Column::{DueAt, EarnedCode, Since, TierCode, ValidUntil};
    let columns = [TierCode, EarnedCode, Since, ValidUntil, DueAt];
    update_all::<tier_standing::Entity>(tx, &changed, &columns).await?;
    insert_all::<tier_change::Entity>(tx, &changes).await
}

async fn lock(
    tx: &Tx,
    rules: &Rules,
    live: &HashMap<TierSetId, &Set>,
    wallets: &[WalletId],
) -> Result<Vec<tier_standing::Model>> {
    let (programme, db) = (rules.id(), tx.connection());
    let mut blank: Vec<tier_standing::Model> = Vec::new();
    for wallet in wallets {
        blank.extend(live.keys().map(|set| blank_of(programme, *wallet, *set)));
    }
    blank.sort_by_key(|row| (row.wallet_id, row.set_id));
    blank.dedup_by_key(|row| (row.wallet_id, row.set_id));
    insert_new::<tier_standing::Entity>(tx, &blank).await?;
    let lock = if tx.backend() == DbBackend::Postgres { "for update" } else { "" };
    let also = format!("order by wallet_id, set_id {lock}");
    let ids = wallets.iter().map(|wallet| wallet.uuid());
    let column = tier_standing::Column::WalletId;
    find_among::<tier_standing::Entity, _>(db, programme, column, ids, &also).await
}

/// A wallet that hasn't stood anywhere yet.
fn blank_of(programme: ProgrammeId, wallet: WalletId, set: TierSetId) -> tier_standing::Model {
    tier_standing::Model {
        programme_id: programme,
        wallet_id: wallet,
        set_id: set,
        tier_code: None,
        earned_code: None,
        since: None,
        valid_until: None,
        due_at: None,
    }
}

impl Basis {
    /// Reads it.
    pub(super) async fn read<C: ConnectionTrait>(
        db: &C,
        programme: ProgrammeId,
        wallets: &[WalletId],
    ) -> Result<Self> {
        let ids = || wallets.iter().map(|wallet| wallet.uuid());
        let column = activity_day::Column::WalletId;
        let also = "order by wallet_id, day";
        let found =
            find_among::<activity_day::Entity, _>(db, programme, column, ids(), also).await?;
        let mut days: HashMap<WalletId, Vec<activity_day::Model>> = HashMap::new();
        for day in found {
            days.entry(day.wallet_id).or_default().push(day);
        }
        let column = wallet::Column::Id;
        let found = find_among::<wallet::Entity, _>(db, programme, column, ids(), "").await?;
        let (column, also) = (tier_grant::Column::WalletId, "and revoked_at is null");
        let grants =
            find_among::<tier_grant::Entity, _>(db, programme, column, ids(), also).await?;
        let wallets = found.into_iter().map(|row| (row.id, row)).collect();
        Ok(Self { days, wallets, grants })
    }

    /// Whether the wallet was pooled into another.
    pub(super) fn is_pooled(&self, wallet: WalletId) -> bool {
        self.wallets.get(&wallet).is_some_and(|wallet| wallet.successor_id.is_some())
    }

    /// What a wallet did, in the order of its days.
    pub(super) fn days(&self, wallet: WalletId) -> &[activity_day::Model] {
        self.days.get(&wallet).map(Vec::as_slice).unwrap_or_default()
    }

    /// Where a wallet stands today, if there is such a wallet.
    pub(super) fn stand(
        &self,
        set: &Set,
        before: &tier_standing::Model,
        (today, zone): (Day, Tz),
    ) -> Option<(tier_standing::Model, Earned)> {
        let wallet = self.wallets.get(&before.wallet_id)?;
        let grants = self.grants.iter();
        let grants: Vec<&tier_grant::Model> = grants
            .filter(|grant| grant.set_id == set.row.id && grant.wallet_id == before.wallet_id)
            .filter(|grant| grant.last_day >= today)
            .collect();
        let opened = Day::of(wallet.opened_at, &zone);
        let days = self.days(before.wallet_id).iter();
        let days: Vec<(Day, i64)> = days.map(|day| (day.day, set.count(day))).collect();
        Some(stand(set, before, (opened, &days), &grants, (today, zone)))
    }
}

fn stand(
    set: &Set,
    before: &tier_standing::Model,
    (opened, days): (Day, &[(Day, i64)]),
    grants: &[&tier_grant::Model],
    (today, zone): (Day, Tz),
) -> (tier_standing::Model, Earned) {
    let earned = set.ladder.climb(opened, days, today);
    let begun = grants.iter().filter(|grant| grant.first_day <= today);
    let given = begun.filter_map(|grant| Some((set.rank_of(&grant.tier_code)?, *grant)));
    let given = given.max_by_key(|(rank, grant)| (*rank, grant.last_day, Reverse(grant.first_day)));
    let next = |grant: &&tier_grant::Model| match grant.first_day > today {
        true => grant.first_day,
        false => grant.last_day.plus(1),
    };
    // A till's clock may be minutes ahead: what it sold tomorrow counts tomorrow.
    let ahead = days.iter().map(|(day, _)| *day).find(|day| *day > today);
    let due = grants.iter().map(next).chain(earned.lapses_on).chain(ahead).min();
    let (rank, since, valid_until) = match given {
        Some((rank, grant)) if Some(rank) > earned.rank => {
            (Some(rank), Some(grant.first_day), Some(grant.last_day))
        }
        _ => (earned.rank, earned.since, earned.valid_until),
    };
    let after = tier_standing::Model {
        tier_code: set.code_of(rank),
        earned_code: set.code_of(earned.rank),
        since,
        valid_until,
        due_at: due.map(|day| begins(day, zone)),
        ..before.clone()
    };
    (after, earned)
}

/// How it came there: step by step where only days decide, and the steps lead on from where the wallet
/// stood; else in one.
fn told(
    set: &Set,
    before: &tier_standing::Model,
    after: &tier_standing::Model,
    earned: &Earned,
    (today, at): (Day, DateTime<Utc>),
    cause: Option<&Cause>,
) -> Vec<tier_change::Model> {
    let (was, is) = (before.tier_code.clone(), after.tier_code.clone());
    if was == is {
        return Vec::new();
    }
    let rank = |code: &Option<String>| code.as_deref().and_then(|code| set.rank_of(code));
    let base = TierChangeId::at(at).uuid();
    // Several at once are in their order by their ids.
    let row = |nth: u32, day: Day, from: Option<String>, to: Option<String>| tier_change::Model {
        programme_id: before.programme_id,
        id: TierChangeId::from_uuid(ids::nth(base, nth)),
        wallet_id: before.wallet_id,
        set_id: before.set_id,
        kind: match cause {
            Some(cause) => cause.kind,
            None if rank(&to) > rank(&from) => TierChangeKind::Upgrade,
            None => TierChangeKind::Downgrade,
        },
        from_code: from,
        to_code: to,
        day,
        at,
        actor: cause.map_or("system".to_owned(), |cause| cause.actor.clone()),
        reason: cause.and_then(|cause| cause.reason.clone()),
    };
    let is_earned = was == before.earned_code && is == after.earned_code && cause.is_none();
    let steps = if is_earned { leading_on(set, before, earned) } else { None };
    match steps {
        Some(steps) => steps
            .iter()
            .zip(1..)
            .map(|(step, nth)| row(nth, step.day, set.code_of(step.from), set.code_of(step.to)))
            .collect(),
        None => vec![row(0, today, was, is)],
    }
}

/// The last steps that begin where the wallet stood, on or after the day on which it came there.
fn leading_on<'a>(
    set: &Set,
    before: &tier_standing::Model,
    earned: &'a Earned,
) -> Option<&'a [Step]> {
    let stood = before.earned_code.as_deref().and_then(|code| set.rank_of(code));
    let begins =
        |step: &Step| step.from == stood && before.since.is_none_or(|since| since <= step.day);
    let first = if before.since.is_some() {
        earned.steps.iter().rposition(begins)
    } else {
        earned.steps.iter().position(begins)
    };
    earned.steps.get(first?..)
}
