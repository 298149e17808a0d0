//! Rewards as operators and partners keep them: drafted, changed, launched, paused, ended, each step a new
//! version. What was said before stays.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::day::Day;
use entity::ids::{PartnerId, ProgrammeId, RewardId, TierSetId};
use entity::rewards::definition::Definition;
use entity::rewards::reward::{self, RewardKind, RewardStatus};
use entity::rewards::{reward_price, reward_version};
use entity::tiers::tier_set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use serde_json::json;

use super::{Rewards, Written, claims, pools, rules};
use crate::actor::{Actor, Scope, Who};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::partners::Role;
use crate::refusal::{Code, Refusal};
use crate::rows::insert_all;
use crate::text;
use crate::tiers::has_tier;
use crate::tx::{Tx, retrying};

/// The most rewards of a programme that haven't ended.
const REWARDS_MAX: u64 = 5000;

/// A reward to be drafted.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Unique in the programme.
    pub code: String,
    /// Whose it is: a partner drafts its own, an operator anybody's or the programme's.
    pub partner: Option<PartnerId>,
    /// What it is.
    pub kind: RewardKind,
    /// What it says.
    pub definition: Definition,
}

/// What becomes of a reward.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Which.
    pub reward: RewardId,
    /// The version that was seen.
    pub expected_version: i32,
    /// What it is to be.
    pub status: RewardStatus,
}

impl Rewards {
    /// Drafts a reward. Nobody gets it until it is launched.
    pub async fn draft(&self, actor: &Actor, wish: Draft) -> Result<Written> {
        let (programme, own) = writer(actor)?;
        let at = self.clock.now();
        let partner_id = self.owner(programme, own, wish.partner).await?;
        let definition = rules::checked(wish.kind, wish.definition).map_err(of_terms)?;
        self.supplied(programme, own, (None, &definition)).await?;
        let row = reward::Model {
            id: RewardId::at(at),
            programme_id: programme,
            code: text::code(&wish.code)?,
            partner_id,
            kind: wish.kind,
            status: RewardStatus::Draft,
            category: None,
            opens_at: None,
            closes_at: None,
            words: String::new(),
            version: 1,
            created_at: at,
        };
        let row = saying(row, &definition);
        retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let all = reward::Entity::find().filter(reward::Column::ProgrammeId.eq(programme));
            let same = all.clone().filter(reward::Column::Code.eq(&row.code));
            if same.one(tx.connection()).await?.is_some() {
                return Err(Refusal::new(Code::CodeTaken).at("code").into());
            }
            let open = all.filter(reward::Column::Status.ne(RewardStatus::Ended));
            if open.count(tx.connection()).await? >= REWARDS_MAX {
                let message =
                    format!("A programme has at most {REWARDS_MAX} rewards that haven't ended.");
                return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("code").into());
            }
            row.clone().into_active_model().insert(tx.connection()).await?;
            let said = (row.clone(), definition.clone(), at);
            let written = write(&tx, actor, said, "reward.drafted").await?;
            tx.commit(written).await
        })
        .await
    }

    /// Says something else from now on.
    pub async fn amend(
        &self,
        actor: &Actor,
        (id, expected_version): (RewardId, i32),
        definition: Definition,
    ) -> Result<Written> {
        let named = (writer(actor)?, id, expected_version);
        let (programme, own) = named.0;
        let there = self.by_ids(actor, &[id]).await?.pop();
        let before = there.as_ref().map(|written| &written.version.definition);
        self.supplied(programme, own, (before, &definition)).await?;
        self.next(actor, named, "reward.amended", |before| {
            if before.row.status == RewardStatus::Ended {
                return Err(Refusal::new(Code::RewardEnded).at("rewardId"));
            }
            let definition = rules::checked(before.row.kind, definition.clone());
            Ok((before.row.status, definition.map_err(of_terms)?))
        })
        .await
    }

    /// Launches, pauses or ends a reward. To be what it is already changes nothing.
    pub async fn turn(&self, actor: &Actor, wish: Turn) -> Result<Written> {
        let named = (writer(actor)?, wish.reward, wish.expected_version);
        self.next(actor, named, "reward.turned", |before| {
            rules::may_become(before.row.status, wish.status)?;
            Ok((wish.status, before.version.definition.clone()))
        })
        .await
    }

    /// Refuses who supplies nothing, and whoever names a supplier that the programme would pay.
    async fn supplied(
        &self,
        programme: ProgrammeId,
        own: Option<PartnerId>,
        (before, after): (Option<&Definition>, &Definition),
    ) -> Result<()> {
        let Some(supply) = after
            .supply
            .filter(|supply| before.is_none_or(|before| before.supply != Some(*supply)))
        else {
            return Ok(());
        };
        let invalid = || Refusal::new(Code::SupplierInvalid).at("terms.supply.partnerId");
        if own.is_some() {
            let message = "The programme pays a supplier: only an operator names one.";
            return Err(invalid().because(message).into());
        }
        let directory = self.ask.partners.directory(programme).await?;
        directory.in_role(supply.partner, Role::Supplies).map_err(|_| invalid())?;
        Ok(())
    }

    /// Writes a reward's next version.
    async fn next(
        &self,
        actor: &Actor,
        ((programme, own), id, expected_version): ((ProgrammeId, Option<PartnerId>), RewardId, i32),
        action: &'static str,
        change: impl Fn(&Written) -> Result<(RewardStatus, Definition), Refusal>,
    ) -> Result<Written> {
        let at = self.clock.now();
        let rules = self.ask.programmes.rules(programme).await?;
        retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let before = lock(&tx, programme, own, id).await?;
            if before.row.version != expected_version {
                return Err(Error::Conflict(before.row.version));
            }
            let (status, definition) = change(&before)?;
            if (status, &definition) == (before.row.status, &before.version.definition) {
                return Ok(before);
            }
            let version = before.row.version + 1;
            let row = saying(reward::Model { status, version, ..before.row.clone() }, &definition);
            let day = Day::of(at, &rules.zone);
            let said = (&before.version.definition, &definition);
            claims::restock(&tx, (&row, day), said).await?;
            let written = write(&tx, actor, (row.clone(), definition, at), action).await?;
            row.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(written).await
        })
        .await
    }

    /// Whose a new reward is.
    pub(super) async fn owner(
        &self,
        programme: ProgrammeId,
        own: Option<PartnerId>,
        named: Option<PartnerId>,
    ) -> Result<Option<PartnerId>> {
        let Some(partner) = named.or(own) else { return Ok(None) };
        let directory = self.ask.partners.directory(programme).await?;
        let is_own = own.is_none_or(|own| own == partner);
        if is_own && directory.partner(partner).is_some() {
            return Ok(Some(partner));
        }
        Err(Refusal::new(Code::PartnerNotFound).at("partnerId").into())
    }
}

/// Who writes: an operator everything, a partner what is its own.
pub(super) fn writer(actor: &Actor) -> Result<(ProgrammeId, Option<PartnerId>)> {
    actor.with(Scope::RewardsWrite)?;
    let programme = actor.programme()?;
    match actor.who() {
        Who::Operator(_) => Ok((programme, None)),
        Who::Partner(partner, _) => Ok((programme, Some(partner))),
        _ => Err(Error::Forbidden("only a partner or an operator may do this".to_owned())),
    }
}

/// What is wrong about what a reward says is wrong in its terms.
fn of_terms(refusal: Refusal) -> Refusal {
    refusal.under("terms")
}

/// The row as lists find it by what it says.
fn saying(row: reward::Model, definition: &Definition) -> reward::Model {
    reward::Model {
        category: definition.category.clone(),
        opens_at: definition.from,
        closes_at: definition.until,
        words: rules::words(&definition.wordings),
        ..row
    }
}

/// The reward, locked. To a partner there is none but its own.
async fn lock(
    tx: &Tx,
    programme: ProgrammeId,
    own: Option<PartnerId>,
    id: RewardId,
) -> Result<Written> {
    let mut query =
        reward::Entity::find_by_id(id).filter(reward::Column::ProgrammeId.eq(programme));
    if let Some(partner) = own {
        query = query.filter(reward::Column::PartnerId.eq(partner));
    }
    let row = query.lock_exclusive().one(tx.connection()).await?;
    let row = row.ok_or(Refusal::new(Code::RewardNotFound).at("rewardId"))?;
    let version = reward_version::Entity::find_by_id((programme, id, row.version));
    let version = version.one(tx.connection()).await?;
    let version = version.ok_or_else(|| Error::internal("a reward without a version"))?;
    Ok(Written { row, version })
}

/// Stores a version with its prices, if their tiers are there, and that it was made.
async fn write(
    tx: &Tx,
    actor: &Actor,
    (row, definition, at): (reward::Model, Definition, DateTime<Utc>),
    action: &'static str,
) -> Result<Written> {
    has_tiers(tx, row.programme_id, &definition).await?;
    pools::fits(tx, &row, &definition).await?;
    let version = reward_version::Model {
        programme_id: row.programme_id,
        reward_id: row.id,
        version: row.version,
        status: row.status,
        definition,
        made_by: actor.to_string(),
        made_at: at,
    };
    version.clone().into_active_model().insert(tx.connection()).await?;
    insert_all::<reward_price::Entity>(tx, &prices(&version)).await?;
    let after = json!({ "code": row.code, "version": row.version, "status": row.status,
        "partner": row.partner_id, "kind": row.kind, "definition": version.definition });
    let change = Change { action, subject: row.id.to_string(), before: None, after: Some(&after) };
    audit::append(tx, actor, row.programme_id, at, change).await?;
    Ok(Written { row, version })
}

/// Refuses the first tier that isn't there.
async fn has_tiers(tx: &Tx, programme: ProgrammeId, definition: &Definition) -> Result<()> {
    let mut known: BTreeSet<(TierSetId, &str)> = BTreeSet::new();
    for (place, price) in definition.prices.iter().enumerate() {
        for (own, tier) in price.tiers.iter().enumerate() {
            if !known.insert((tier.tier_set, &tier.tier)) {
                continue;
            }
            let at = |field: &str| format!("terms.prices.{place}.tiers.{own}.{field}");
            let set = tier_set::Entity::find_by_id(tier.tier_set)
                .filter(tier_set::Column::ProgrammeId.eq(programme));
            if set.one(tx.connection()).await?.is_none() {
                return Err(Refusal::new(Code::TierSetNotFound).at(&at("tierSetId")).into());
            }
            if !has_tier(tx, programme, tier.tier_set, &tier.tier).await? {
                return Err(Refusal::new(Code::TierNotFound).at(&at("tierCode")).into());
            }
        }
    }
    Ok(())
}

/// What a version costs whom.
fn prices(version: &reward_version::Model) -> Vec<reward_price::Model> {
    let of = |(place, (points, tier)): (i32, (i64, Option<(TierSetId, String)>))| {
        let (tier_set_id, tier_code) = tier.unzip();
        reward_price::Model {
            programme_id: version.programme_id,
            reward_id: version.reward_id,
            version: version.version,
            place,
            points,
            tier_set_id,
            tier_code,
        }
    };
    let costs = version.definition.prices.iter().flat_map(|price| {
        let tiers = price.tiers.iter();
        let tiers = tiers.map(|own| (own.cost.points, Some((own.tier_set, own.tier.clone()))));
        std::iter::once((price.cost.points, None)).chain(tiers)
    });
    (0..).zip(costs).map(of).collect()
}
