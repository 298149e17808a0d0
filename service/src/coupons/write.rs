//! Coupons as operators and partners keep them: drafted, changed, launched, paused, ended, each step a new
//! version. What was said before stays, and what was used stays used.

use chrono::{DateTime, Utc};
use entity::coupons::coupon::{self, CouponDistribution, CouponStatus};
use entity::coupons::coupon_version;
use entity::coupons::definition::{Audience, Definition};
use entity::earning::segment;
use entity::ids::{CouponId, PartnerId, ProgrammeId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect,
};
use serde_json::json;

use super::{Coupons, Written, codes, rules};
use crate::actor::{Actor, Scope, Who};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::{Tx, retrying};

/// The most coupons of a programme that haven't ended.
const COUPONS_MAX: u64 = 5000;

/// A coupon to be drafted.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Unique in the programme.
    pub code: String,
    /// Whose it is: a partner drafts its own, an operator anybody's or the programme's.
    pub partner: Option<PartnerId>,
    /// How a till names it.
    pub distribution: CouponDistribution,
    /// What is typed, where that is one code for all.
    pub shared_code: Option<String>,
    /// What it says.
    pub definition: Definition,
}

/// What becomes of a coupon.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Which.
    pub coupon: CouponId,
    /// The version that was seen.
    pub expected_version: i32,
    /// What it is to be.
    pub status: CouponStatus,
}

impl Coupons {
    /// Drafts a coupon. Nobody can use it until it is launched.
    pub async fn draft(&self, actor: &Actor, wish: Draft) -> Result<Written> {
        let (programme, own) = writer(actor)?;
        let at = self.clock.now();
        let partner_id = self.owner(programme, own, wish.partner).await?;
        let definition = rules::checked(wish.definition).map_err(of_terms)?;
        self.funder(programme, own, &definition).await?;
        let row = coupon::Model {
            id: CouponId::at(at),
            programme_id: programme,
            code: text::code(&wish.code)?,
            partner_id,
            distribution: wish.distribution,
            shared_code: shared(wish.distribution, wish.shared_code.as_deref())?,
            status: CouponStatus::Draft,
            uses: 0,
            uses_max: None,
            member_uses_max: None,
            opens_at: None,
            closes_at: None,
            is_for_named: false,
            segment_code: None,
            version: 1,
            created_at: at,
        };
        let row = saying(row, &definition);
        retrying(|| async {
            let tx = self.ask.db.begin().await?;
            is_free(&tx, &row).await?;
            row.clone().into_active_model().insert(tx.connection()).await?;
            let said = (row.clone(), definition.clone(), at);
            let written = write(&tx, actor, said, "coupon.drafted").await?;
            tx.commit(written).await
        })
        .await
    }

    /// Says something else from now on.
    pub async fn amend(
        &self,
        actor: &Actor,
        (id, expected_version): (CouponId, i32),
        definition: Definition,
    ) -> Result<Written> {
        let (programme, own) = writer(actor)?;
        let definition = rules::checked(definition).map_err(of_terms)?;
        self.funder(programme, own, &definition).await?;
        self.next(actor, (id, expected_version), "coupon.amended", |before| {
            if before.row.status == CouponStatus::Ended {
                return Err(Refusal::new(Code::CouponEnded).at("couponId"));
            }
            Ok((before.row.status, definition.clone()))
        })
        .await
    }

    /// Launches, pauses or ends a coupon. To be what it is already changes nothing.
    pub async fn turn(&self, actor: &Actor, wish: Turn) -> Result<Written> {
        self.next(actor, (wish.coupon, wish.expected_version), "coupon.turned", |before| {
            rules::may_become(before.row.status, wish.status)?;
            Ok((wish.status, before.version.definition.clone()))
        })
        .await
    }

    /// Writes a coupon's next version.
    async fn next(
        &self,
        actor: &Actor,
        (id, expected_version): (CouponId, i32),
        action: &'static str,
        change: impl Fn(&Written) -> Result<(CouponStatus, Definition), Refusal>,
    ) -> Result<Written> {
        let (programme, own) = writer(actor)?;
        let at = self.clock.now();
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
            let row = saying(coupon::Model { status, version, ..before.row }, &definition);
            let written = write(&tx, actor, (row.clone(), definition, at), action).await?;
            row.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(written).await
        })
        .await
    }

    /// Whose a new coupon is.
    async fn owner(
        &self,
        programme: ProgrammeId,
        own: Option<PartnerId>,
        named: Option<PartnerId>,
    ) -> Result<Option<PartnerId>> {
        let Some(partner) = named.or(own) else { return Ok(None) };
        let directory = self.ask.partners.directory(programme).await?;
        if own.is_none_or(|own| own == partner) && directory.partner(partner).is_some() {
            return Ok(Some(partner));
        }
        Err(Refusal::new(Code::PartnerNotFound).at("partnerId").into())
    }

    /// Who pays is there; a partner has nobody pay but itself.
    async fn funder(
        &self,
        programme: ProgrammeId,
        own: Option<PartnerId>,
        definition: &Definition,
    ) -> Result<()> {
        let refused = || Refusal::new(Code::PartnerNotFound).at("terms.funderId");
        if own.is_some() && definition.funder != own {
            return Err(refused().into());
        }
        let Some(funder) = definition.funder else { return Ok(()) };
        let directory = self.ask.partners.directory(programme).await?;
        directory.partner(funder).map(|_| ()).ok_or_else(|| refused().into())
    }
}

/// Who writes: an operator everything, a partner what is its own.
pub(super) fn writer(actor: &Actor) -> Result<(ProgrammeId, Option<PartnerId>)> {
    actor.with(Scope::RewardsWrite)?;
    let programme = actor.programme()?;
    match actor.who() {
        Who::Operator(_) | Who::System => Ok((programme, None)),
        Who::Partner(partner, _) => Ok((programme, Some(partner))),
        _ => Err(Error::Forbidden("only a partner or an operator may do this".to_owned())),
    }
}

/// What is wrong about what a coupon says is wrong in its terms.
fn of_terms(refusal: Refusal) -> Refusal {
    refusal.under("terms")
}

/// The row as lists find it by what it says.
fn saying(row: coupon::Model, definition: &Definition) -> coupon::Model {
    let segment_code = match &definition.audience {
        Audience::Segment { code } => Some(code.clone()),
        Audience::Everybody | Audience::Members => None,
    };
    coupon::Model {
        uses_max: definition.uses_max,
        member_uses_max: definition.member_uses_max,
        opens_at: definition.from,
        closes_at: definition.until,
        is_for_named: definition.audience == Audience::Members,
        segment_code,
        ..row
    }
}

/// What is typed, where that is one code for all.
fn shared(by: CouponDistribution, code: Option<&str>) -> Result<Option<String>, Refusal> {
    match (by, code) {
        (CouponDistribution::SharedCode, Some(code)) => codes::shared(code).map(Some),
        (CouponDistribution::SharedCode, None) => {
            let message = "What is shared by one code needs it.";
            Err(Refusal::new(Code::CodeInvalid).because(message).at("sharedCode"))
        }
        (_, Some(_)) => {
            let message = "Only what is shared by one code has it.";
            Err(Refusal::new(Code::CodeInvalid).because(message).at("sharedCode"))
        }
        (_, None) => Ok(None),
    }
}

/// Whether its names are free, and there is room for one more.
async fn is_free(tx: &Tx, row: &coupon::Model) -> Result<()> {
    let all = coupon::Entity::find().filter(coupon::Column::ProgrammeId.eq(row.programme_id));
    let named = Condition::any()
        .add(coupon::Column::Code.eq(&row.code))
        .add_option(row.shared_code.as_ref().map(|code| coupon::Column::SharedCode.eq(code)));
    if let Some(other) = all.clone().filter(named).one(tx.connection()).await? {
        let field = if other.code == row.code { "code" } else { "sharedCode" };
        return Err(Refusal::new(Code::CodeTaken).at(field).into());
    }
    let open = all.filter(coupon::Column::Status.ne(CouponStatus::Ended));
    if open.count(tx.connection()).await? >= COUPONS_MAX {
        let message = format!("A programme has at most {COUPONS_MAX} coupons that haven't ended.");
        return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("code").into());
    }
    Ok(())
}

/// The coupon, locked. To a partner there is none but its own.
pub(super) async fn lock(
    tx: &Tx,
    programme: ProgrammeId,
    own: Option<PartnerId>,
    id: CouponId,
) -> Result<Written> {
    let mut query =
        coupon::Entity::find_by_id(id).filter(coupon::Column::ProgrammeId.eq(programme));
    if let Some(partner) = own {
        query = query.filter(coupon::Column::PartnerId.eq(partner));
    }
    let row = query.lock_exclusive().one(tx.connection()).await?;
    let row = row.ok_or(Refusal::new(Code::CouponNotFound).at("couponId"))?;
    let version = coupon_version::Entity::find_by_id((programme, id, row.version));
    let version = version.one(tx.connection()).await?;
    let version = version.ok_or_else(|| Error::internal("a coupon without a version"))?;
    Ok(Written { row, version })
}

/// Stores a version, if whom it is for is there, and that it was made.
async fn write(
    tx: &Tx,
    actor: &Actor,
    (row, definition, at): (coupon::Model, Definition, DateTime<Utc>),
    action: &'static str,
) -> Result<Written> {
    if let Audience::Segment { code } = &definition.audience {
        let segment = segment::Entity::find_by_id((row.programme_id, code.clone()));
        if segment.one(tx.connection()).await?.is_none() {
            return Err(Refusal::new(Code::SegmentNotFound).at("terms.segmentCode").into());
        }
    }
    let version = coupon_version::Model {
        programme_id: row.programme_id,
        coupon_id: row.id,
        version: row.version,
        status: row.status,
        definition,
        made_by: actor.to_string(),
        made_at: at,
    };
    version.clone().into_active_model().insert(tx.connection()).await?;
    let after = json!({ "code": row.code, "version": row.version, "status": row.status,
        "partner": row.partner_id, "distribution": row.distribution });
    let change = Change { action, subject: row.id.to_string(), before: None, after: Some(&after) };
    audit::append(tx, actor, row.programme_id, at, change).await?;
    Ok(Written { row, version })
}
