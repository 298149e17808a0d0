//! What a sale would earn: the same decision by the same counters, nothing written.

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::ProgrammeId;
use entity::ledger::wallet;
use entity::members::member;
use sea_orm::EntityTrait;

use super::record::{buyer, draft_of};
use super::rules::{self, Checked};
use super::{Mode, Purchases, Receipt};
use crate::actor::{Actor, Scope};
use crate::coupons::{self, Sale, Tried};
use crate::earning::ask::Terms;
use crate::earning::books::Wanted;
use crate::earning::decide;
use crate::earning::near::{Near, near};
use crate::earning::{self, Explanation};
use crate::error::Result;
use crate::members::{MemberRef, resolve};
use crate::refusal::{Code, Refusal};

/// A sale's points before it is made.
#[derive(Clone, Debug)]
pub struct Quote {
    /// How they would come about.
    pub explanation: Explanation,
    /// What is missing to more.
    pub near: Vec<Near>,
    /// When they could be spent.
    pub available_at: DateTime<Utc>,
    /// When they would expire; none under expiry by inactivity.
    pub expires_at: Option<DateTime<Utc>>,
    /// What the buyer can spend now, if one was named and is known.
    pub available_points: Option<Points>,
    /// What each coupon would give, or why nothing.
    pub coupons: Vec<Tried>,
    /// What would be to pay, coupons taken off, in minor units.
    pub to_pay_minor: i64,
}

impl Purchases {
    /// Prices a receipt as recording it would, checks included. Without a buyer that is known, no rule
    /// is asked: what they give is decided when the receipt is claimed.
    pub async fn quote(&self, actor: &Actor, receipt: Receipt) -> Result<Quote> {
        let (programme, own) = actor.partner(Scope::PurchasesWrite)?;
        if receipt.partner != own {
            return Err(Refusal::new(Code::PartnerNotFound).at("partnerId").into());
        }
        let terms = self.ask.terms(programme).await?;
        let named = receipt.member.clone();
        let now = self.clock.now();
        let checked = rules::check(&terms.programme, &terms.directory, receipt, Mode::Live, now)?;
        if let Some(refusal) = checked.standing {
            return Err(refusal.into());
        }
        let resolved = resolve(self.db.reader(), programme, named.clone()).await?;
        let member = buyer(&resolved, named.as_ref())?;
        let (checked, coupons) = self.tried(&terms, checked, member).await?;
        let to_pay_minor = checked.receipt.total_minor;
        let available_points = match member {
            Some(member) => self.spendable(actor, programme, member, named.as_ref()).await?,
            None => None,
        };
        let quote = match member {
            Some(member) => self.decided(&terms, &checked, member).await?,
            None => plain(&terms, checked),
        };
        Ok(Quote { available_points, coupons, to_pay_minor, ..quote })
    }

    /// The receipt as it would be paid, with what its coupons would give.
    async fn tried(
        &self,
        terms: &Terms,
        mut checked: Checked,
        member: Option<&member::Model>,
    ) -> Result<(Checked, Vec<Tried>)> {
        if checked.receipt.coupons.is_empty() {
            return Ok((checked, Vec::new()));
        }
        let (programme, buyer) = (terms.programme.id(), member.map(|own| own.id));
        let (receipt, mut lines) = (&checked.receipt, checked.receipt.before_coupons());
        let db = self.db.reader();
        let known = coupons::Known::of_sale(db, programme, &receipt.coupons, buyer).await?;
        let sale = Sale {
            partner: receipt.partner,
            buyer,
            at: receipt.occurred_at,
            currency: receipt.currency,
            lines: &lines,
        };
        let tried = known.tried(&sale, &receipt.coupons);
        let used = tried.iter().filter_map(|own| own.outcome.as_ref().ok());
        for own in used.flat_map(|used| &used.discounts) {
            if let Some(line) = lines.get_mut(own.line) {
                line.amount_minor -= own.minor;
            }
        }
        checked.receipt.total_minor = lines.iter().map(|line| line.amount_minor).sum();
        checked.receipt.lines = lines;
        checked.earning.coupon_bp = coupons::factor_bp(&tried);
        checked.explanation = earning::base(&checked.earning, &checked.receipt.lines)?;
        Ok((checked, tried))
    }

    /// What the sale would earn this member.
    async fn decided(
        &self,
        terms: &Terms,
        checked: &Checked,
        member: &member::Model,
    ) -> Result<Quote> {
        let by = terms.by();
        let mut purchase = draft_of(terms.programme.id(), checked, Some(member));
        let mut wanted = Wanted::default();
        let basket = by.basket(&purchase, &purchase.lines.0);
        wanted.sale(by, &basket, member);
        wanted.credit_of_sale(by, &basket, purchase.recorded_at);
        let mut known = wanted.read(self.db.reader(), by).await?;
        let at = purchase.occurred_at.with_timezone(&terms.programme.zone);
        let facts = known.facts(member, at);
        purchase.earning.multiplier_bp = facts.multiplier_bp;
        let basket = by.basket(&purchase, &purchase.lines.0);
        let near = near(by, &basket, &facts)?;
        let buyer = (member.wallet_id, &facts);
        let decision = decide::sale(by, &basket, buyer, &mut known.state)?;
        let first = decision.lots.first();
        let quote = plain(terms, checked.clone());
        Ok(Quote {
            available_at: first.map_or(quote.available_at, |lot| lot.available_at),
            expires_at: first.map_or(quote.expires_at, |lot| lot.expires_at),
            explanation: decision.explanation,
            near,
            ..quote
        })
    }

    /// What the buyer can spend now, to those who may look members up: by the card in hand, or by
    /// what names a member to this partner alone.
    async fn spendable(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        member: &member::Model,
        named: Option<&MemberRef>,
    ) -> Result<Option<Points>> {
        if !actor.has(Scope::MembersRead) || matches!(named, Some(MemberRef::Id(_))) {
            return Ok(None);
        }
        let wallet =
            wallet::Entity::find_by_id((programme, member.wallet_id)).one(self.db.reader()).await?;
        Ok(wallet.map(|wallet| wallet.available))
    }
}

/// The base alone.
fn plain(terms: &Terms, checked: Checked) -> Quote {
    let at = checked.receipt.occurred_at;
    Quote {
        explanation: checked.explanation,
        near: Vec::new(),
        available_at: terms.programme.available_at(at),
        expires_at: terms.programme.expires_at(at),
        available_points: None,
        coupons: Vec::new(),
        to_pay_minor: 0,
    }
}
