//! Claiming: a member pays points for a reward, and has it.
//!
//! All of it is one transaction: the price that the member saw, its limits, one of the stock, the payment, the
//! voucher. So nothing can be left half done, whatever is killed when; a claim that was answered, or whose
//! answer was lost, is there whole, and the same key finds it. What somebody outside has to deliver will take a
//! way of its own, by `RESERVED` and `FULFILLING`; nothing does yet.
//!
//! The points of a partner's reward are accepted by it, at its contract's price, as a payment at its till would
//! be. Those of the programme's own go to the programme: what it costs is the programme's own affair.

mod draft;
mod known;
mod price;
mod read;
mod shelves;
mod stop;

use chrono::{DateTime, Utc};
use entity::ids::{MemberId, ProgrammeId, RewardClaimId, RewardId};
use entity::rewards::definition::Cost;
use entity::rewards::reward_claim;
use sea_orm::EntityTrait;
use serde::Serialize;

pub use self::read::ClaimFilter;
pub use self::stop::CancelClaim;

pub(crate) use self::draft::{Claiming, Draft, Outcome, shelves};
pub(crate) use self::known::{Claimed, Known};
pub(super) use self::shelves::restock;
pub(super) use self::stop::step;

use self::draft::{Judged, names};
use super::Rewards;
use super::vouchers::Minted;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::keys;
use crate::ledger::core::{Key, Receipt};
use crate::members::MemberRef;
use crate::refusal::{Code, Refusal};
use crate::writes::{Done, Write};

/// How often a claim is judged: each time something about it had changed meanwhile.
const JUDGED_MAX: usize = 8;

/// A reward to be claimed.
#[derive(Clone, Debug)]
pub struct ClaimReward {
    /// Which.
    pub reward: RewardId,
    /// By which option; the only one if not said.
    pub price: Option<String>,
    /// What the member was shown that it costs.
    pub expected: Cost,
    /// The caller's key.
    pub idempotency_key: String,
}

/// What claiming, or cancelling, did.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The claim.
    pub claim: reward_claim::Model,
    /// Whether it had been done before with the same key.
    pub is_replay: bool,
}

#[derive(Serialize)]
struct Canonical<'a> {
    reward: RewardId,
    price: Option<&'a str>,
    points: i64,
    money_minor: i64,
}

impl Rewards {
    /// Claims a reward for the member who asks.
    pub async fn claim(&self, actor: &Actor, wish: ClaimReward) -> Result<Claims> {
        let (programme, member) = actor.member()?;
        let canonical = Canonical {
            reward: wish.reward,
            price: wish.price.as_deref(),
            points: wish.expected.points,
            money_minor: wish.expected.money_minor,
        };
        let key = keys::key(actor, &wish.idempotency_key, "claimReward", &canonical)?;
        match self.try_claim(actor, (programme, member), &wish, &key).await {
            Ok(Outcome::Made(claim)) => Ok(Claims { claim: *claim, is_replay: false }),
            Ok(Outcome::Before(receipt)) => self.earlier(programme, &receipt).await,
            Ok(Outcome::Again) => Err(Error::overloaded(std::time::Duration::ZERO)),
            // The same request again is answered as the first time, whatever has changed since.
            Err(Error::Refused(refusal)) => {
                match keys::earlier_receipt(&self.ask.db, programme, &key).await? {
                    Some(receipt) => self.earlier(programme, &receipt).await,
                    None => Err(Error::Refused(refusal)),
                }
            }
            Err(other) => Err(other),
        }
    }

    async fn try_claim(
        &self,
        actor: &Actor,
        (programme, member): (ProgrammeId, MemberId),
        wish: &ClaimReward,
        key: &Key,
    ) -> Result<Outcome> {
        let mut claiming = self.claiming(actor, (programme, member), wish, key)?;
        for _ in 0..JUDGED_MAX {
            let write = Write::Claim(Box::new(claiming.clone()));
            let Done::Claimed(outcome) = self.writes.submit(programme, write).await? else {
                return Err(Error::internal("a claim was answered as something else"));
            };
            if !matches!(outcome, Outcome::Again) {
                return Ok(outcome);
            }
            claiming.judged = Some(self.judged(actor, wish.reward).await?);
        }
        Ok(Outcome::Again)
    }

    fn claiming(
        &self,
        actor: &Actor,
        (programme, member): (ProgrammeId, MemberId),
        wish: &ClaimReward,
        key: &Key,
    ) -> Result<Claiming> {
        let now: DateTime<Utc> = self.clock.now();
        let claim = RewardClaimId::at(now);
        Ok(Claiming {
            actor: actor.to_string(),
            origin: actor.origin().to_owned(),
            key: key.clone(),
            names: names(key, member),
            member: MemberRef::Id(member),
            reward: wish.reward,
            price: wish.price.clone(),
            expected: wish.expected,
            claim,
            minted: Minted::new(&self.master_key, programme, claim)?,
            judged: None,
            now,
        })
    }

    /// What the reward is to the member who asks.
    async fn judged(&self, actor: &Actor, reward: RewardId) -> Result<Judged> {
        let missing = || Refusal::new(Code::RewardNotFound).at("rewardId");
        let mut written = self.by_ids(actor, &[reward]).await?;
        let written = written.pop().ok_or_else(missing)?;
        let version = written.row.version;
        let own = self.to_member(actor, &[written]).await?.remove(&reward).ok_or_else(missing)?;
        Ok(Judged { version, is_eligible: own.is_eligible, prices: own.prices })
    }

    /// What an earlier request with the same key had claimed.
    async fn earlier(&self, programme: ProgrammeId, receipt: &Receipt) -> Result<Claims> {
        let id: Option<RewardClaimId> = receipt.subject.as_deref().and_then(|id| id.parse().ok());
        let id = id.ok_or(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"))?;
        let found = reward_claim::Entity::find_by_id((programme, id));
        let found = found.one(self.ask.db.primary()).await?;
        let claim = found.ok_or_else(|| Error::internal("a key names a claim that isn't there"))?;
        Ok(Claims { claim, is_replay: true })
    }
}
