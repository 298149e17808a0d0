//! Who gets a coupon: single-use codes made by the batch, and members named one by one.

use entity::coupons::coupon::{CouponDistribution, CouponStatus};
use entity::coupons::definition::Audience;
use entity::coupons::{coupon_code, coupon_member};
use entity::ids::{CouponId, MemberId};
use entity::members::member;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::write::{lock, writer};
use super::{Coupons, Written, codes};
use crate::actor::Actor;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::rows::{find_among, insert_all, insert_new};
use crate::text;
use crate::tx::{Tx, retrying};

/// The most codes of a batch.
const CODES_MAX: usize = 1000;
/// The most members that one request names and takes off.
const MEMBERS_MAX: usize = 1000;

/// Codes to be made.
#[derive(Clone, Debug)]
pub struct Codes {
    /// Of which coupon.
    pub coupon: CouponId,
    /// What these are called; the same name and number answer with the same codes again.
    pub batch: String,
    /// How many.
    pub count: usize,
}

impl Coupons {
    /// Makes single-use codes, once for each name of a batch.
    pub async fn make_codes(
        &self,
        actor: &Actor,
        wish: &Codes,
    ) -> Result<(Written, Vec<coupon_code::Model>)> {
        let (programme, own) = writer(actor)?;
        let batch = text::code(&wish.batch).map_err(|refusal| refusal.at("batch"))?;
        if !(1..=CODES_MAX).contains(&wish.count) {
            let message = format!("A batch has 1 to {CODES_MAX} codes.");
            return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("count").into());
        }
        let at = self.clock.now();
        retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let coupon = lock(&tx, programme, own, wish.coupon).await?;
            if coupon.row.distribution != CouponDistribution::SingleUseCodes {
                return Err(Refusal::new(Code::CouponCodesInvalid).at("couponId").into());
            }
            let made = coupon_code::Entity::find()
                .filter(coupon_code::Column::ProgrammeId.eq(programme))
                .filter(coupon_code::Column::CouponId.eq(wish.coupon))
                .filter(coupon_code::Column::Batch.eq(&batch))
                .order_by_asc(coupon_code::Column::Code);
            let made = made.all(tx.connection()).await?;
            if made.len() == wish.count {
                return Ok((coupon, made));
            }
            if !made.is_empty() {
                let message = format!("That batch has {} codes.", made.len());
                let refusal = Refusal::new(Code::CouponBatchReused).because(message);
                return Err(refusal.at("batch").into());
            }
            is_open(&coupon)?;
            let mut rows = Vec::with_capacity(wish.count);
            for _ in 0..wish.count {
                rows.push(coupon_code::Model {
                    programme_id: programme,
                    code: codes::draw()?,
                    coupon_id: wish.coupon,
                    batch: batch.clone(),
                    made_at: at,
                    used_by: None,
                });
            }
            rows.sort_by(|one, other| one.code.cmp(&other.code));
            insert_all::<coupon_code::Entity>(&tx, &rows).await?;
            let after = serde_json::json!({ "batch": batch, "count": wish.count });
            let subject = wish.coupon.to_string();
            let change =
                Change { action: "coupon.codes_made", subject, before: None, after: Some(&after) };
            audit::append(&tx, actor, programme, at, change).await?;
            tx.commit((coupon, rows)).await
        })
        .await
    }

    /// Names members that a coupon is for, and takes others off; says how many it changed. Doing it again
    /// changes nothing.
    pub async fn assign(
        &self,
        actor: &Actor,
        id: CouponId,
        (add, remove): (&[MemberId], &[MemberId]),
    ) -> Result<(Written, u64)> {
        let (programme, own) = writer(actor)?;
        if add.len() + remove.len() > MEMBERS_MAX {
            let message = format!("a request has at most {MEMBERS_MAX} members");
            return Err(Error::bad_input("memberIds", message));
        }
        retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let coupon = lock(&tx, programme, own, id).await?;
            if coupon.version.definition.audience != Audience::Members {
                let message = "The coupon isn't for members that are named one by one.";
                let refusal = Refusal::new(Code::CouponCodesInvalid).because(message);
                return Err(refusal.at("couponId").into());
            }
            is_open(&coupon)?;
            are_members(&tx, &coupon, add).await?;
            let all = coupon_member::Entity::find()
                .filter(coupon_member::Column::ProgrammeId.eq(programme))
                .filter(coupon_member::Column::CouponId.eq(id));
            let named = coupon_member::Column::MemberId.is_in(add.iter().copied());
            let there = all.filter(named).all(tx.connection()).await?;
            let removed = coupon_member::Entity::delete_many()
                .filter(coupon_member::Column::ProgrammeId.eq(programme))
                .filter(coupon_member::Column::CouponId.eq(id))
                .filter(coupon_member::Column::MemberId.is_in(remove.iter().copied()))
                .exec(tx.connection())
                .await?
                .rows_affected;
            let is_new = |id: &&MemberId| there.iter().all(|row| row.member_id != **id);
            let mut rows: Vec<coupon_member::Model> = add
                .iter()
                .filter(is_new)
                .map(|member| coupon_member::Model {
                    programme_id: programme,
                    coupon_id: id,
                    member_id: *member,
                })
                .collect();
            rows.sort_by_key(|row| row.member_id);
            rows.dedup();
            insert_new::<coupon_member::Entity>(&tx, &rows).await?;
            let added = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            tx.commit((coupon, added + removed)).await
        })
        .await
    }
}

fn is_open(coupon: &Written) -> Result<()> {
    if coupon.row.status == CouponStatus::Ended {
        return Err(Refusal::new(Code::CouponEnded).at("couponId").into());
    }
    Ok(())
}

/// Refuses the first that is no member of the programme.
async fn are_members(tx: &Tx, coupon: &Written, ids: &[MemberId]) -> Result<()> {
    let (column, all) = (member::Column::Id, ids.iter().map(|id| id.uuid()));
    let programme = coupon.row.programme_id;
    let rows = find_among::<member::Entity, _>(tx.connection(), programme, column, all, "").await?;
    match ids.iter().position(|id| rows.iter().all(|row| row.id != *id)) {
        None => Ok(()),
        Some(place) => Err(Refusal::new(Code::MemberNotFound).at(&format!("add.{place}")).into()),
    }
}
