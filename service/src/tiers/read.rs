//! Where members stand, how far it is to the next tier, and how they came there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use entity::activity::activity_day;
use entity::day::Day;
use entity::ids::{MemberId, ProgrammeId, TierSetId, WalletId};
use entity::ledger::wallet;
use entity::members::member;
use entity::tiers::tier_terms::Tier;
use entity::tiers::{tier_change, tier_standing};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::sets::Set;
use super::standing::tier_of;
use super::{Tiers, sets};
use crate::actor::{Actor, Who};
use crate::error::{Error, Result};
use crate::rows::find_among;

/// The most changes that are shown of one wallet.
pub const HISTORY_MAX: usize = 100;

/// How far a wallet is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// In which set.
    pub set: Set,
    /// Where it stands.
    pub standing: Option<tier_standing::Model>,
    /// Its tier, as it is today.
    pub tier: Option<Tier>,
    /// What it has done in the window.
    pub done: i64,
    /// The window's first day.
    pub first: Day,
    /// The last day on which what it does today counts.
    pub last: Day,
    /// The tier above.
    pub next: Option<Tier>,
    /// What is missing to that.
    pub missing_to_next: Option<i64>,
    /// What is missing in this window to keep the tier; none where it has no end, or no tier.
    pub missing_to_keep: Option<i64>,
}

impl Tiers {
    /// A programme's sets, archived ones too, at most five seconds old.
    pub async fn sets(&self, programme: ProgrammeId) -> Result<Arc<Vec<Set>>> {
        self.sets.get(programme, sets::all(self.db.reader(), programme)).await
    }

    /// The sets of the caller's programme, oldest first; archived ones to operators.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<Set>> {
        let sets = self.sets(actor.programme()?).await?;
        let sees_all = matches!(actor.who(), Who::Operator(_) | Who::System);
        Ok(sets.iter().filter(|set| sees_all || set.is_live()).cloned().collect())
    }

    /// Sets by id, as the caller may see them.
    pub async fn sets_by_ids(&self, actor: &Actor, ids: &[TierSetId]) -> Result<Vec<Set>> {
        let mut sets = self.list(actor).await?;
        sets.retain(|set| ids.contains(&set.row.id));
        Ok(sets)
    }

    /// The day that it is in the caller's programme.
    pub async fn today(&self, actor: &Actor) -> Result<Day> {
        let rules = self.programmes.own(actor).await?;
        Ok(Day::of(self.clock.now(), &rules.zone))
    }

    /// How far members are, by member: all to operators, its own to a member, none to others.
    pub async fn progress_of(
        &self,
        actor: &Actor,
        members: &[MemberId],
    ) -> Result<HashMap<MemberId, Vec<Progress>>> {
        let visible = self.visible(actor, members).await?;
        let (programme, today) = (actor.programme()?, self.today(actor).await?);
        let rules = self.programmes.own(actor).await?;
        let sets: Vec<Set> =
            self.sets(programme).await?.iter().filter(|set| set.is_live()).cloned().collect();
        let ids = || visible.iter().map(|member| member.wallet_id.uuid());
        let db = self.db.reader_for(actor);
        let column = tier_standing::Column::WalletId;
        let standings =
            find_among::<tier_standing::Entity, _>(db, programme, column, ids(), "").await?;
        let column = activity_day::Column::WalletId;
        let also = "order by wallet_id, day";
        let days =
            find_among::<activity_day::Entity, _>(db, programme, column, ids(), also).await?;
        let column = wallet::Column::Id;
        let wallets = find_among::<wallet::Entity, _>(db, programme, column, ids(), "").await?;
        let opened: HashMap<WalletId, Day> =
            wallets.into_iter().map(|row| (row.id, Day::of(row.opened_at, &rules.zone))).collect();
        let mut found = HashMap::new();
        for member in &visible {
            let wallet = member.wallet_id;
            let opened = opened.get(&wallet).copied().unwrap_or(today);
            let days: Vec<&activity_day::Model> =
                days.iter().filter(|day| day.wallet_id == wallet).collect();
            let of = |set: &Set| {
                let row = standings.iter();
                let row =
                    row.clone().find(|row| row.wallet_id == wallet && row.set_id == set.row.id);
                progress(set, row.cloned(), opened, &days, today)
            };
            found.insert(member.id, sets.iter().map(of).collect());
        }
        Ok(found)
    }

    /// How members' wallets came to their tiers, newest first, likewise.
    pub async fn history_of(
        &self,
        actor: &Actor,
        members: &[MemberId],
    ) -> Result<HashMap<MemberId, Vec<tier_change::Model>>> {
        let visible = self.visible(actor, members).await?;
        let ids = visible.iter().map(|member| member.wallet_id.uuid());
        let (db, column) = (self.db.reader_for(actor), tier_change::Column::WalletId);
        let (programme, also) = (actor.programme()?, "order by id desc");
        let rows = find_among::<tier_change::Entity, _>(db, programme, column, ids, also).await?;
        let mut by_wallet: BTreeMap<WalletId, Vec<tier_change::Model>> = BTreeMap::new();
        for row in rows {
            by_wallet.entry(row.wallet_id).or_default().push(row);
        }
        let of = |member: &member::Model| {
            let rows = by_wallet.get(&member.wallet_id).cloned().unwrap_or_default();
            (member.id, rows.into_iter().take(HISTORY_MAX).collect())
        };
        Ok(visible.iter().map(of).collect())
    }

    /// Those of these members whose tiers the caller may see.
    async fn visible(&self, actor: &Actor, members: &[MemberId]) -> Result<Vec<member::Model>> {
        let query = member::Entity::find()
            .filter(member::Column::ProgrammeId.eq(actor.programme()?))
            .filter(member::Column::Id.is_in(members.iter().copied()));
        let query = match actor.who() {
            Who::Operator(_) | Who::System => query,
            Who::Member(own) => query.filter(member::Column::Id.eq(own)),
            Who::Partner(..) => return Ok(Vec::new()),
            Who::Anonymous => return Err(Error::Unauthenticated("a bearer token is needed")),
        };
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}

fn progress(
    set: &Set,
    standing: Option<tier_standing::Model>,
    opened: Day,
    days: &[&activity_day::Model],
    today: Day,
) -> Progress {
    let days: Vec<(Day, i64)> = days.iter().map(|day| (day.day, set.count(day))).collect();
    let done = set.ladder.sum_on(opened, &days, today);
    let code = standing.as_ref().and_then(|standing| standing.tier_code.as_deref());
    let tier = tier_of(set, code, today).cloned();
    let tiers = set.tiers_on(today);
    let place = tier.as_ref().and_then(|tier| tiers.iter().position(|one| one.code == tier.code));
    let next = tiers.get(place.map_or(0, |place| place + 1)).cloned();
    let missing = |tier: &Tier| tier.threshold.saturating_sub(done).max(0);
    let ends = standing.as_ref().and_then(|standing| standing.valid_until);
    Progress {
        first: set.ladder.window.first(opened, today),
        last: set.ladder.window.last(opened, today),
        missing_to_next: next.as_ref().map(missing),
        missing_to_keep: tier.as_ref().filter(|_| ends.is_some()).map(missing),
        set: set.clone(),
        standing,
        tier,
        done,
        next,
    }
}
