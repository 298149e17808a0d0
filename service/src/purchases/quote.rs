//! What a sale would earn: the same arithmetic, nothing written.

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::ProgrammeId;
use entity::ledger::wallet;
use sea_orm::EntityTrait;

use super::record::buyer;
use super::rules;
use super::{Mode, Purchases, Receipt};
use crate::actor::{Actor, Scope};
use crate::earning::Explanation;
use crate::error::Result;
use crate::members::{MemberRef, resolve};
use crate::refusal::{Code, Refusal};

/// A sale's points before it is made.
#[derive(Clone, Debug)]
pub struct Quote {
    /// How they would come about.
    pub explanation: Explanation,
    /// When they could be spent.
    pub available_at: DateTime<Utc>,
    /// When they would expire; none under expiry by inactivity.
    pub expires_at: Option<DateTime<Utc>>,
    /// What the buyer can spend now, if one was named and is known.
    pub available_points: Option<Points>,
}

impl Purchases {
    /// Prices a receipt as recording it would, checks included.
    pub async fn quote(&self, actor: &Actor, receipt: Receipt) -> Result<Quote> {
        let (programme, own) = actor.partner(Scope::PurchasesWrite)?;
        if receipt.partner != own {
            return Err(Refusal::new(Code::PartnerNotFound).at("partnerId").into());
        }
        let rules = self.programmes.rules(programme).await?;
        let directory = self.partners.directory(programme).await?;
        let member = receipt.member.clone();
        let checked = rules::check(&rules, &directory, receipt, Mode::Live, self.clock.now())?;
        if let Some(refusal) = checked.standing {
            return Err(refusal.into());
        }
        Ok(Quote {
            explanation: checked.explanation,
            available_at: checked.lot.available_at,
            expires_at: checked.lot.expires_at,
            available_points: self.spendable(actor, programme, member.as_ref()).await?,
        })
    }

    /// What the buyer can spend now, to those who may look members up: by the card in hand, or by
    /// what names a member to this partner alone. Whoever couldn't buy is refused.
    async fn spendable(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        named: Option<&MemberRef>,
    ) -> Result<Option<Points>> {
        let resolved = resolve(self.db.reader(), programme, named.cloned()).await?;
        let Some(member) = buyer(&resolved, named)? else { return Ok(None) };
        if !actor.has(Scope::MembersRead) || matches!(named, Some(MemberRef::Id(_))) {
            return Ok(None);
        }
        let wallet =
            wallet::Entity::find_by_id((programme, member.wallet_id)).one(self.db.reader()).await?;
        Ok(wallet.map(|wallet| wallet.available))
    }
}
