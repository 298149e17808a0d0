//! What a reward is to the member who looks at it: whether it is for it, what it pays, whether it can and
//! when it could. However many rewards a page shows, their number of statements is the same.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::ids::{RewardId, TierSetId};
use entity::ledger::{lot, wallet};
use entity::members::member;
use entity::rewards::definition::Cost;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rules::{self, Affordability, Purse};
use super::{Rewards, Written};
use crate::actor::{Actor, Who};
use crate::earning::ask::Terms;
use crate::earning::eligibility::{self, Eligibility, Seen};
use crate::error::{Error, Result};

/// How many pending lots are looked at, the soonest first: later ones aren't foretold.
const PENDING_MAX: u64 = 1000;

/// What a reward is to a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForMember {
    /// Whether its condition holds of the member.
    pub is_eligible: bool,
    /// What the member pays by each option, by its code.
    pub prices: Vec<(String, Cost)>,
    /// Whether it can afford the least of that in points.
    pub affordability: Affordability,
}

/// The member who looks.
pub(super) struct Viewer {
    row: member::Model,
    purse: Purse,
    tiers: BTreeMap<TierSetId, String>,
    terms: Terms,
    now: DateTime<Utc>,
}

impl Rewards {
    /// What these rewards are to the member who asks; to anybody else, nothing.
    pub async fn for_member(
        &self,
        actor: &Actor,
        ids: &[RewardId],
    ) -> Result<HashMap<RewardId, ForMember>> {
        if !matches!(actor.who(), Who::Member(_)) {
            return Ok(HashMap::new());
        }
        let rewards = self.by_ids(actor, ids).await?;
        self.to_member(actor, &rewards).await
    }

    /// What these are to the member who asks.
    pub(super) async fn to_member(
        &self,
        actor: &Actor,
        rewards: &[Written],
    ) -> Result<HashMap<RewardId, ForMember>> {
        let Some(viewer) = self.viewer(actor).await? else { return Ok(HashMap::new()) };
        let conditions: HashMap<RewardId, Eligibility> =
            rewards.iter().filter_map(|own| Some((own.row.id, condition(own)?))).collect();
        let seen = (&viewer.row, viewer.now);
        let db = self.ask.db.reader_for(actor);
        let facts = eligibility::facts(db, &viewer.terms, seen, conditions.values()).await?;
        let seen = Seen::new(&viewer.terms, &facts, viewer.now);
        let of = |own: &Written| {
            let is_eligible = match &own.version.definition.condition {
                None => true,
                Some(_) => conditions.get(&own.row.id).is_some_and(|own| own.holds(&seen)),
            };
            (own.row.id, viewer.sees(own, is_eligible))
        };
        Ok(rewards.iter().map(of).collect())
    }

    /// The member who asks, if it is one.
    pub(super) async fn viewer(&self, actor: &Actor) -> Result<Option<Viewer>> {
        let Who::Member(id) = actor.who() else { return Ok(None) };
        let (programme, now) = (actor.programme()?, self.clock.now());
        let (db, terms) = (self.ask.db.reader_for(actor), self.ask.terms(programme).await?);
        let row = member::Entity::find_by_id(id).filter(member::Column::ProgrammeId.eq(programme));
        let row = row.one(db).await?.ok_or(Error::Unauthenticated("the token isn't valid"))?;
        let wallet = wallet::Entity::find_by_id((programme, row.wallet_id)).one(db).await?;
        let wallet = wallet.ok_or_else(|| Error::internal("a member without a wallet"))?;
        let pending = lot::Entity::find()
            .filter(lot::Column::ProgrammeId.eq(programme))
            .filter(lot::Column::WalletId.eq(row.wallet_id))
            .filter(lot::Column::IsPending.eq(true))
            .filter(lot::Column::Remaining.gt(0))
            .order_by_asc(lot::Column::AvailableAt)
            .limit(PENDING_MAX)
            .all(db)
            .await?;
        let facts = eligibility::facts(db, &terms, (&row, now), std::iter::empty()).await?;
        let tier = |set: &crate::tiers::Set| {
            facts.tiers.get(&set.row.code).map(|tier| (set.row.id, tier.clone()))
        };
        let purse = Purse {
            available: wallet.available.get(),
            debt: wallet.debt.get(),
            // What is overdue comes at once.
            pending: pending.iter().map(|l| (l.available_at.max(now), l.remaining.get())).collect(),
        };
        let tiers = terms.sets.iter().filter_map(tier).collect();
        Ok(Some(Viewer { row, purse, tiers, terms, now }))
    }
}

impl Viewer {
    /// Its tiers, by set.
    pub(super) fn tiers(&self) -> impl Iterator<Item = (TierSetId, &str)> {
        self.tiers.iter().map(|(set, tier)| (*set, tier.as_str()))
    }

    /// How many points it has to spend.
    pub(super) fn available(&self) -> i64 {
        self.purse.available
    }

    fn sees(&self, reward: &Written, is_eligible: bool) -> ForMember {
        let is_in =
            |(set, tier): &(TierSetId, &str)| self.tiers.get(set).is_some_and(|own| own == tier);
        let prices: Vec<(String, Cost)> = reward
            .version
            .definition
            .prices
            .iter()
            .map(|price| (price.code.clone(), rules::cost_for(price, is_in)))
            .collect();
        let least = prices.iter().map(|(_, cost)| cost.points).min().unwrap_or_default();
        let affordability = self.purse.affords(least, self.now);
        ForMember { is_eligible, prices, affordability }
    }
}

/// The condition, if there is one. What was saved can be read.
fn condition(reward: &Written) -> Option<Eligibility> {
    Eligibility::compile(reward.version.definition.condition.as_deref()?).ok()
}
