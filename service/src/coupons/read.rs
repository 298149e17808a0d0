//! Reading coupons: all to operators, to a partner its own and those that can be used at its tills, to a member
//! what it may use now. By its id a coupon that was launched is found by every partner and member: whoever has it
//! may see what it is.

use entity::coupons::coupon::{self, CouponDistribution, CouponStatus};
use entity::coupons::coupon_redemption::{self, CouponOutcome};
use entity::coupons::{coupon_code, coupon_member};
use entity::earning::segment_member;
use entity::ids::{CouponId, MemberId, PartnerId, ProgrammeId, PurchaseId};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::held::written;
use super::{Coupons, Written};
use crate::actor::{Actor, Who};
use crate::error::{Error, Result};
use crate::page::{Page, Window};

/// What a list is narrowed to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Of this partner.
    pub partner: Option<PartnerId>,
    /// That stand like this.
    pub status: Option<CouponStatus>,
}

impl Coupons {
    /// Coupons by age, as the caller may see them.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: Filter,
        window: Window<Uuid>,
    ) -> Result<Page<Written>> {
        let programme = actor.programme()?;
        let narrowed = Condition::all()
            .add_option(filter.partner.map(|own| coupon::Column::PartnerId.eq(own)))
            .add_option(filter.status.map(|own| coupon::Column::Status.eq(own)));
        let query = coupon::Entity::find()
            .filter(coupon::Column::ProgrammeId.eq(programme))
            .filter(self.shown_in_lists(actor, programme)?)
            .filter(narrowed);
        let cursor = query.cursor_by(coupon::Column::Id);
        let Page { items, has_next, has_previous } =
            window.read(self.ask.db.reader_for(actor), cursor).await?;
        Ok(Page { items: self.in_order(actor, items).await?, has_next, has_previous })
    }

    /// Those of these coupons that the caller may see.
    pub async fn by_ids(&self, actor: &Actor, ids: &[CouponId]) -> Result<Vec<Written>> {
        let programme = actor.programme()?;
        let launched = coupon::Column::Status.ne(CouponStatus::Draft);
        let shown = match actor.who() {
            Who::Operator(_) | Who::System => Condition::all(),
            Who::Partner(partner, _) => {
                Condition::any().add(launched).add(coupon::Column::PartnerId.eq(partner))
            }
            Who::Member(_) => Condition::all().add(launched),
            Who::Anonymous => return Ok(Vec::new()),
        };
        let query = coupon::Entity::find()
            .filter(coupon::Column::ProgrammeId.eq(programme))
            .filter(coupon::Column::Id.is_in(ids.iter().copied()))
            .filter(shown);
        let rows = query.all(self.ask.db.reader_for(actor)).await?;
        self.in_order(actor, rows).await
    }

    /// What a coupon was used for, oldest first. For operators, and a partner its own.
    pub async fn redemptions(
        &self,
        actor: &Actor,
        coupon: &Written,
        window: Window<Uuid>,
    ) -> Result<Page<coupon_redemption::Model>> {
        is_keeper(actor, coupon)?;
        let query = coupon_redemption::Entity::find()
            .filter(coupon_redemption::Column::ProgrammeId.eq(coupon.row.programme_id))
            .filter(coupon_redemption::Column::CouponId.eq(coupon.row.id))
            .filter(coupon_redemption::Column::Outcome.ne(CouponOutcome::Refused));
        let cursor = query.cursor_by(coupon_redemption::Column::Id);
        window.read(self.ask.db.reader_for(actor), cursor).await
    }

    /// The single-use codes of a batch, in order. For operators, and a partner its own.
    pub async fn codes_of(
        &self,
        actor: &Actor,
        coupon: &Written,
        batch: &str,
    ) -> Result<Vec<coupon_code::Model>> {
        is_keeper(actor, coupon)?;
        let query = coupon_code::Entity::find()
            .filter(coupon_code::Column::ProgrammeId.eq(coupon.row.programme_id))
            .filter(coupon_code::Column::CouponId.eq(coupon.row.id))
            .filter(coupon_code::Column::Batch.eq(batch))
            .order_by_asc(coupon_code::Column::Code);
        Ok(query.all(self.ask.db.reader_for(actor)).await?)
    }

    /// What became of the coupons that these receipts named, which the caller must have been shown.
    pub async fn of_purchases(
        &self,
        actor: &Actor,
        purchases: &[PurchaseId],
    ) -> Result<Vec<coupon_redemption::Model>> {
        let programme = actor.programme()?;
        let query = coupon_redemption::Entity::find()
            .filter(coupon_redemption::Column::ProgrammeId.eq(programme))
            .filter(coupon_redemption::Column::PurchaseId.is_in(purchases.iter().copied()))
            .order_by_asc(coupon_redemption::Column::Place);
        Ok(query.all(self.ask.db.reader_for(actor)).await?)
    }

    fn shown_in_lists(&self, actor: &Actor, programme: ProgrammeId) -> Result<Condition> {
        let now = self.clock.now();
        let (opens, closes) = (coupon::Column::OpensAt, coupon::Column::ClosesAt);
        let there = Condition::all()
            .add(coupon::Column::Status.eq(CouponStatus::Live))
            .add(Condition::any().add(opens.is_null()).add(opens.lte(now)))
            .add(Condition::any().add(closes.is_null()).add(closes.gt(now)));
        Ok(match actor.who() {
            Who::Operator(_) | Who::System => Condition::all(),
            Who::Partner(partner, _) => {
                let shared = there.add(coupon::Column::PartnerId.is_null());
                Condition::any().add(shared).add(coupon::Column::PartnerId.eq(partner))
            }
            Who::Member(member) => there.add(usable_by(programme, member)),
            Who::Anonymous => return Err(Error::Unauthenticated("a bearer token is needed")),
        })
    }

    async fn in_order(&self, actor: &Actor, rows: Vec<coupon::Model>) -> Result<Vec<Written>> {
        let order: Vec<CouponId> = rows.iter().map(|row| row.id).collect();
        let mut all = written(self.ask.db.reader_for(actor), rows).await?;
        Ok(order.iter().filter_map(|id| all.remove(id)).collect())
    }
}

/// Whether the caller sees what a coupon was used for: operators, and its partner.
pub(super) fn is_keeper(actor: &Actor, coupon: &Written) -> Result<()> {
    match actor.who() {
        Who::Operator(_) | Who::System => Ok(()),
        Who::Partner(partner, _) if coupon.row.partner_id == Some(partner) => Ok(()),
        _ => Err(Error::Forbidden("only its partner or an operator may see this".to_owned())),
    }
}

/// What is for the member, can be named without a code of its own, and has uses left in all and for the member.
fn usable_by(programme: ProgrammeId, member: MemberId) -> Condition {
    use coupon::Column::{IsForNamed, MemberUsesMax, SegmentCode, Uses, UsesMax};
    let own = |column: coupon::Column| Expr::col((coupon::Entity, column));
    let named = Query::select()
        .expr(Expr::val(1))
        .from(coupon_member::Entity)
        .and_where(
            Expr::col((coupon_member::Entity, coupon_member::Column::ProgrammeId))
                .eq(programme.uuid()),
        )
        .and_where(
            Expr::col((coupon_member::Entity, coupon_member::Column::CouponId))
                .equals((coupon::Entity, coupon::Column::Id)),
        )
        .and_where(
            Expr::col((coupon_member::Entity, coupon_member::Column::MemberId)).eq(member.uuid()),
        )
        .to_owned();
    let segment = |column| Expr::col((segment_member::Entity, column));
    let in_segment = Query::select()
        .expr(Expr::val(1))
        .from(segment_member::Entity)
        .and_where(segment(segment_member::Column::ProgrammeId).eq(programme.uuid()))
        .and_where(
            segment(segment_member::Column::SegmentCode).equals((coupon::Entity, SegmentCode)),
        )
        .and_where(segment(segment_member::Column::MemberId).eq(member.uuid()))
        .to_owned();
    let everybody = Condition::all().add(IsForNamed.eq(false)).add(SegmentCode.is_null());
    let is_for = Condition::any()
        .add(everybody)
        .add(Condition::all().add(IsForNamed.eq(true)).add(Expr::exists(named)))
        .add(Expr::exists(in_segment));
    let left = Condition::any().add(UsesMax.is_null()).add(own(Uses).lt(own(UsesMax)));
    let used = Expr::expr(Expr::SubQuery(None, Box::new(used_by(programme, member).into())));
    let own_left = Condition::any().add(MemberUsesMax.is_null()).add(used.lt(own(MemberUsesMax)));
    Condition::all()
        .add(coupon::Column::Distribution.ne(CouponDistribution::SingleUseCodes))
        .add(is_for)
        .add(left)
        .add(own_left)
}

/// How often the member used a coupon.
fn used_by(programme: ProgrammeId, member: MemberId) -> SelectStatement {
    use coupon_redemption::Column;
    let own = |column: Column| Expr::col((coupon_redemption::Entity, column));
    Query::select()
        .expr(Expr::val(1).count())
        .from(coupon_redemption::Entity)
        .and_where(own(Column::ProgrammeId).eq(programme.uuid()))
        .and_where(own(Column::CouponId).equals((coupon::Entity, coupon::Column::Id)))
        .and_where(own(Column::MemberId).eq(member.uuid()))
        .and_where(own(Column::Outcome).eq(CouponOutcome::Redeemed.name()))
        .to_owned()
}
