//! Coupons on a sale: which of those that it names can be used, what they give, and what is stored of it.
//! What a coupon gives is [`core`](super::core)'s; what is asked here is whether it may be used at all.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::amount::{Currency, Money};
use entity::coupons::coupon::{CouponDistribution, CouponStatus};
use entity::coupons::coupon_redemption::{
    self as redemption, CouponOutcome, CouponRefusal, Discounts, LineDiscount,
};
use entity::coupons::{coupon, coupon_code};
use entity::ids::{CouponId, CouponRedemptionId, MemberId, PartnerId, ProgrammeId, PurchaseId};
use entity::purchases::purchase::{self, Line};
use entity::text_enum::TextEnum;
use sea_orm::ConnectionTrait;

use super::core::{self, No, Offer};
use super::held::{Known, Wanted};
use super::{CouponRef, Written, codes};
use crate::error::Result;
use crate::rows::{find_among, insert_all, update_all};
use crate::tx::Tx;

/// What multipliers may come to together: points times a thousand.
const FACTOR_MAX: i64 = 10_000_000;

/// A sale as coupons see it.
pub(crate) struct Sale<'a> {
    pub(crate) partner: PartnerId,
    pub(crate) buyer: Option<MemberId>,
    pub(crate) at: DateTime<Utc>,
    pub(crate) currency: Currency,
    /// At the prices before coupons.
    pub(crate) lines: &'a [Line],
}

/// What became, or would become, of a coupon that a sale names.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Which of those that it names, from 0.
    pub place: usize,
    /// The coupon; none where none is known by that.
    pub coupon: Option<Written>,
    /// The single-use code.
    pub code: Option<String>,
    /// What it gives, or why nothing.
    pub outcome: Result<Used, Why>,
}

/// What a coupon gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// What it takes off, in minor units.
    pub discount_minor: i64,
    /// Of which lines.
    pub discounts: Vec<LineDiscount>,
    /// What it multiplies base points by.
    pub factor_bp: Option<i64>,
}

/// Why a coupon gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// For a program.
    pub refusal: CouponRefusal,
    /// For a person.
    pub message: String,
}

impl Why {
    fn of(no: &No, currency: Currency) -> Self {
        let message = if no.missing_minor > 0 {
            let missing = Money { minor: no.missing_minor, currency };
            format!("{missing} more must be paid for what the coupon is about.")
        } else {
            no.why.description().trim().to_owned()
        };
        Self { refusal: no.why, message }
    }
}

/// What tried coupons multiply base points by together.
pub(crate) fn factor_bp(tried: &[Tried]) -> Option<i64> {
    let factors = tried.iter().filter_map(|own| own.outcome.as_ref().ok()?.factor_bp);
    factors.reduce(|one, other| {
        let both = i128::from(one) * i128::from(other) / 10_000;
        i64::try_from(both).unwrap_or(FACTOR_MAX).min(FACTOR_MAX)
    })
}

impl Known {
    /// What is known of the coupons that a sale names, to be looked at.
    pub(crate) async fn of_sale<C: ConnectionTrait>(
        db: &C,
        programme: ProgrammeId,
        named: &[CouponRef],
        buyer: Option<MemberId>,
    ) -> Result<Self> {
        let mut wanted = Wanted::default();
        wanted.sale(named, buyer);
        Self::read(db, programme, wanted).await
    }

    /// What the coupons that a sale names give together.
    pub(crate) fn tried(&self, sale: &Sale<'_>, named: &[CouponRef]) -> Vec<Tried> {
        let mut seen = HashSet::new();
        let mut usable = Vec::new();
        let mut tried: Vec<Tried> = Vec::new();
        for (place, own) in named.iter().enumerate() {
            let (coupon, code) = self.named(own);
            let no = match coupon {
                None => Err(CouponRefusal::NotFound),
                Some(coupon) => self.may(sale, coupon, code).and_then(|()| {
                    let is_first = seen.insert(coupon.row.id);
                    if is_first { Ok(()) } else { Err(CouponRefusal::StackingConflict) }
                }),
            };
            if let (Ok(()), Some(coupon)) = (no, coupon) {
                usable.push((place, coupon));
            }
            let why = No::because(no.err().unwrap_or(CouponRefusal::NotFound));
            tried.push(Tried {
                place,
                // To say of a draft that it is there would be to say too much.
                coupon: coupon
                    .filter(|_| why.why != CouponRefusal::NotFound || no.is_ok())
                    .cloned(),
                code: code.map(|code| code.code.clone()),
                outcome: Err(Why::of(&why, sale.currency)),
            });
        }
        let offers: Vec<Offer<'_>> = usable
            .iter()
            .map(|(_, own)| Offer { code: &own.row.code, says: &own.version.definition })
            .collect();
        for ((place, _), given) in usable.iter().zip(core::apply(sale.lines, &offers)) {
            tried[*place].outcome =
                given.map_err(|no| Why::of(&no, sale.currency)).map(|given| Used {
                    discount_minor: given.minor(),
                    discounts: given.discounts,
                    factor_bp: given.factor_bp,
                });
        }
        tried
    }

    /// The coupon so named, with its single-use code.
    fn named(&self, own: &CouponRef) -> (Option<&Written>, Option<&coupon_code::Model>) {
        let typed = match own {
            CouponRef::Id(id) => {
                let coupon = self.coupons.get(id);
                let by = CouponDistribution::SingleUseCodes;
                return (coupon.filter(|own| own.row.distribution != by), None);
            }
            CouponRef::Code(typed) => typed,
        };
        let code = codes::single_use(typed).and_then(|code| self.codes.get(&code));
        if let Some(code) = code {
            return (self.coupons.get(&code.coupon_id), Some(code));
        }
        let typed = codes::normal(typed);
        let shared = self.coupons.values().find(|own| own.row.shared_code.as_ref() == Some(&typed));
        (shared, None)
    }

    /// Whether the sale may use the coupon, whatever is in its basket.
    fn may(
        &self,
        sale: &Sale<'_>,
        coupon: &Written,
        code: Option<&coupon_code::Model>,
    ) -> Result<(), CouponRefusal> {
        let (row, says) = (&coupon.row, &coupon.version.definition);
        let refuse = |is: bool, why: CouponRefusal| if is { Err(why) } else { Ok(()) };
        refuse(row.status == CouponStatus::Draft, CouponRefusal::NotFound)?;
        let is_elsewhere = row.partner_id.is_some_and(|own| own != sale.partner);
        refuse(is_elsewhere, CouponRefusal::OtherPartner)?;
        refuse(row.status == CouponStatus::Paused, CouponRefusal::Paused)?;
        let is_over = says.until.is_some_and(|until| sale.at >= until);
        refuse(row.status == CouponStatus::Ended || is_over, CouponRefusal::Expired)?;
        refuse(says.from.is_some_and(|from| sale.at < from), CouponRefusal::NotYet)?;
        refuse(!self.is_for(coupon, sale.buyer), CouponRefusal::NotForMember)?;
        self.has_uses(coupon, sale.buyer)?;
        refuse(code.is_some_and(|code| code.used_by.is_some()), CouponRefusal::UsedUp)
    }

    /// Whether there are uses left, of the coupon and of the buyer.
    pub(super) fn has_uses(
        &self,
        coupon: &Written,
        buyer: Option<MemberId>,
    ) -> Result<(), CouponRefusal> {
        let says = &coupon.version.definition;
        if says.uses_max.is_some_and(|most| coupon.row.uses >= most) {
            return Err(CouponRefusal::UsedUp);
        }
        match (says.member_uses_max, buyer) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(CouponRefusal::NotForMember),
            (Some(most), Some(buyer)) => {
                let used = self.uses.get(&(coupon.row.id, buyer)).copied().unwrap_or(0);
                if used < most { Ok(()) } else { Err(CouponRefusal::MemberLimit) }
            }
        }
    }

    /// Counts what a sale uses, so that the next of the same batch sees it.
    pub(crate) fn take(&mut self, tried: &[Tried], buyer: Option<MemberId>, by: PurchaseId) {
        for own in tried.iter().filter(|own| own.outcome.is_ok()) {
            let Some(id) = own.coupon.as_ref().map(|own| own.row.id) else { continue };
            if let Some(coupon) = self.coupons.get_mut(&id) {
                coupon.row.uses = coupon.row.uses.saturating_add(1);
            }
            if let Some(buyer) = buyer {
                let uses = self.uses.entry((id, buyer)).or_default();
                *uses = uses.saturating_add(1);
            }
            if let Some(code) = own.code.as_ref().and_then(|code| self.codes.get_mut(code)) {
                code.used_by = Some(by);
            }
        }
    }
}

/// What is stored of coupons beside receipts and returns.
#[derive(Default)]
pub(crate) struct Rows {
    redemptions: Vec<redemption::Model>,
    changed: Vec<redemption::Model>,
    uses: BTreeMap<CouponId, i64>,
    codes: Vec<coupon_code::Model>,
}

impl Rows {
    /// A receipt that stands used some coupons, and was refused others.
    pub(crate) fn used(&mut self, purchase: &purchase::Model, tried: Vec<Tried>) {
        for own in tried {
            let row = row(purchase, own);
            if row.outcome == CouponOutcome::Redeemed {
                self.count(&row, 1, Some(purchase.id));
            }
            self.redemptions.push(row);
        }
    }

    /// Goods came back; these rows have changed.
    pub(crate) fn came_back(&mut self, rows: Vec<redemption::Model>) {
        for row in rows {
            if row.outcome == CouponOutcome::GivenBack {
                self.count(&row, -1, None);
            }
            self.changed.push(row);
        }
    }

    fn count(&mut self, row: &redemption::Model, uses: i64, used_by: Option<PurchaseId>) {
        let Some(coupon_id) = row.coupon_id else { return };
        *self.uses.entry(coupon_id).or_default() += uses;
        if let Some(code) = row.code.clone() {
            self.codes.push(coupon_code::Model {
                programme_id: row.programme_id,
                code,
                coupon_id,
                batch: String::new(),
                made_at: row.recorded_at,
                used_by,
            });
        }
    }

    /// Stores them, each table's in one statement.
    pub(crate) async fn save(mut self, tx: &Tx, programme: ProgrammeId) -> Result<()> {
        use redemption::Column::{GivenBackAt, Outcome, ReturnedMinor};
        insert_all::<redemption::Entity>(tx, &self.redemptions).await?;
        update_all::<redemption::Entity>(tx, &self.changed, &[Outcome, ReturnedMinor, GivenBackAt])
            .await?;
        self.codes.sort_by(|one, other| one.code.cmp(&other.code));
        update_all::<coupon_code::Entity>(tx, &self.codes, &[coupon_code::Column::UsedBy]).await?;
        let (column, ids) = (coupon::Column::Id, self.uses.keys().map(|id| id.uuid()));
        let rows = find_among::<coupon::Entity, _>(tx.connection(), programme, column, ids, "");
        let mut rows = rows.await?;
        for row in &mut rows {
            row.uses += self.uses.get(&row.id).copied().unwrap_or(0);
        }
        update_all::<coupon::Entity>(tx, &rows, &[coupon::Column::Uses]).await?;
        Ok(())
    }
}

fn row(purchase: &purchase::Model, own: Tried) -> redemption::Model {
    let (used, why) = match own.outcome {
        Ok(used) => (Some(used), None),
        Err(why) => (None, Some(why)),
    };
    let outcome = if used.is_some() { CouponOutcome::Redeemed } else { CouponOutcome::Refused };
    let (refusal, message) = why.map(|why| (why.refusal, why.message)).unzip();
    redemption::Model {
        programme_id: purchase.programme_id,
        id: CouponRedemptionId::at(purchase.recorded_at),
        purchase_id: purchase.id,
        place: i32::try_from(own.place).unwrap_or(i32::MAX),
        outcome,
        coupon_id: own.coupon.as_ref().map(|own| own.row.id),
        version: own.coupon.as_ref().map(|own| own.row.version),
        code: own.code.filter(|_| used.is_some()),
        member_id: purchase.member_id,
        discount_minor: used.as_ref().map_or(0, |used| used.discount_minor),
        factor_bp: used.as_ref().and_then(|used| used.factor_bp),
        discounts: Discounts(used.map(|used| used.discounts).unwrap_or_default()),
        returned_minor: 0,
        refusal,
        message,
        recorded_at: purchase.recorded_at,
        given_back_at: None,
    }
}

/// What these receipts used.
pub(crate) async fn redemptions<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    purchases: impl Iterator<Item = PurchaseId>,
) -> Result<HashMap<PurchaseId, Vec<redemption::Model>>> {
    let (column, ids) = (redemption::Column::PurchaseId, purchases.map(PurchaseId::uuid));
    let also = "order by purchase_id, place";
    let rows = find_among::<redemption::Entity, _>(db, programme, column, ids, also).await?;
    let mut by: HashMap<PurchaseId, Vec<redemption::Model>> = HashMap::new();
    for row in rows {
        by.entry(row.purchase_id).or_default().push(row);
    }
    Ok(by)
}

/// What changes of a receipt's coupons once no more than this is left of it.
pub(crate) fn back_of(
    used: &[redemption::Model],
    (bought, left): (&[Line], &[Line]),
    at: DateTime<Utc>,
) -> Vec<redemption::Model> {
    let used = used.iter().filter(|own| own.outcome == CouponOutcome::Redeemed);
    let changed = used.filter_map(|own| {
        let (returned_minor, is_all) = core::came_back(bought, left, &own.discounts.0);
        let outcome = if is_all { CouponOutcome::GivenBack } else { CouponOutcome::Redeemed };
        let given_back_at = is_all.then_some(at);
        let row = redemption::Model { returned_minor, outcome, given_back_at, ..own.clone() };
        (row != *own).then_some(row)
    });
    changed.collect()
}
