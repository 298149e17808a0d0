//! What is known of the coupons that receipts name, read set by set: a fixed number of statements however many
//! are named, and none where none is. In a transaction their rows are locked first, in the order of their ids,
//! behind receipts that come back and before wallets; everybody keeps that order.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::coupons::coupon_redemption::CouponOutcome;
use entity::coupons::definition::Audience;
use entity::coupons::{coupon, coupon_code, coupon_member, coupon_redemption, coupon_version};
use entity::earning::segment_member;
use entity::ids::{CouponId, MemberId, ProgrammeId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect,
};

use super::{CouponRef, Written, codes};
use crate::error::{Error, Result};
use crate::rows::{find_among, find_among_texts};

/// What is looked up.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    typed: BTreeSet<String>,
    ids: BTreeSet<CouponId>,
    buyers: BTreeSet<MemberId>,
}

impl Wanted {
    /// A receipt with these coupons and that buyer.
    pub(crate) fn sale(&mut self, named: &[CouponRef], buyer: Option<MemberId>) {
        if named.is_empty() {
            return;
        }
        self.buyers.extend(buyer);
        for own in named {
            match own {
                CouponRef::Id(id) => drop(self.ids.insert(*id)),
                CouponRef::Code(code) => {
                    self.typed.insert(codes::normal(code));
                    self.typed.extend(codes::single_use(code));
                }
            }
        }
    }

    /// A coupon that may be given back.
    pub(crate) fn also(&mut self, id: CouponId) {
        self.ids.insert(id);
    }
}

/// What is known of coupons, and of the buyers as far as those ask.
#[derive(Default)]
pub(crate) struct Known {
    pub(super) coupons: HashMap<CouponId, Written>,
    pub(super) codes: HashMap<String, coupon_code::Model>,
    pub(super) uses: HashMap<(CouponId, MemberId), i64>,
    members: HashSet<(CouponId, MemberId)>,
    segments: HashSet<(String, MemberId)>,
}

impl Known {
    /// Reads it as a transaction that will write: the coupons are locked.
    pub(crate) async fn lock<C: ConnectionTrait>(
        db: &C,
        programme: ProgrammeId,
        wanted: Wanted,
    ) -> Result<Self> {
        let is_postgres = db.get_database_backend() == DbBackend::Postgres;
        let lock = if is_postgres { "order by id for update" } else { "" };
        Self::read_as(db, programme, wanted, lock).await
    }

    /// Reads it to be looked at.
    pub(crate) async fn read<C: ConnectionTrait>(
        db: &C,
        programme: ProgrammeId,
        wanted: Wanted,
    ) -> Result<Self> {
        Self::read_as(db, programme, wanted, "").await
    }

    async fn read_as<C: ConnectionTrait>(
        db: &C,
        programme: ProgrammeId,
        wanted: Wanted,
        also: &str,
    ) -> Result<Self> {
        let Wanted { typed, mut ids, buyers } = wanted;
        if typed.is_empty() && ids.is_empty() {
            return Ok(Self::default());
        }
        let column = coupon::Column::SharedCode;
        let shared =
            find_among_texts::<coupon::Entity, _>(db, programme, column, typed.clone()).await?;
        ids.extend(shared.into_iter().map(|row| row.id));
        ids.extend(single_use(db, programme, &typed).await?.values().map(|row| row.coupon_id));
        let all = ids.iter().map(|id| id.uuid());
        let rows =
            find_among::<coupon::Entity, _>(db, programme, coupon::Column::Id, all, also).await?;
        let mut known = Self { coupons: written(db, rows).await?, ..Self::default() };
        // Whether they were used is known for sure behind the lock alone.
        known.codes = single_use(db, programme, &typed).await?;
        known.read_buyers(db, programme, &buyers).await?;
        Ok(known)
    }

    /// What the coupons ask of the buyers.
    pub(super) async fn read_buyers<C: ConnectionTrait>(
        &mut self,
        db: &C,
        programme: ProgrammeId,
        buyers: &BTreeSet<MemberId>,
    ) -> Result<()> {
        let coupons: Vec<CouponId> = self.coupons.keys().copied().collect();
        if buyers.is_empty() || coupons.is_empty() {
            return Ok(());
        }
        let limited = self.coupons.values();
        let limited = limited.filter(|own| own.version.definition.member_uses_max.is_some());
        let limited: Vec<CouponId> = limited.map(|own| own.row.id).collect();
        self.uses = uses(db, programme, (&limited, buyers)).await?;
        let audience = |own: &Written| own.version.definition.audience.clone();
        let is =
            |wanted: fn(&Audience) -> bool| self.coupons.values().any(|own| wanted(&audience(own)));
        if is(|own| *own == Audience::Members) {
            let rows = coupon_member::Entity::find()
                .filter(coupon_member::Column::ProgrammeId.eq(programme))
                .filter(coupon_member::Column::CouponId.is_in(coupons))
                .filter(coupon_member::Column::MemberId.is_in(buyers.iter().copied()));
            let rows = rows.all(db).await?;
            self.members = rows.into_iter().map(|row| (row.coupon_id, row.member_id)).collect();
        }
        if is(|own| matches!(own, Audience::Segment { .. })) {
            let (column, all) =
                (segment_member::Column::MemberId, buyers.iter().map(|id| id.uuid()));
            let rows =
                find_among::<segment_member::Entity, _>(db, programme, column, all, "").await?;
            self.segments = rows.into_iter().map(|row| (row.segment_code, row.member_id)).collect();
        }
        Ok(())
    }

    /// Whether the coupon is for the buyer.
    pub(super) fn is_for(&self, coupon: &Written, buyer: Option<MemberId>) -> bool {
        match (&coupon.version.definition.audience, buyer) {
            (Audience::Everybody, _) => true,
            (_, None) => false,
            (Audience::Segment { code }, Some(own)) => self.segments.contains(&(code.clone(), own)),
            (Audience::Members, Some(own)) => self.members.contains(&(coupon.row.id, own)),
        }
    }
}

/// The single-use codes among what was typed.
async fn single_use<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    typed: &BTreeSet<String>,
) -> Result<HashMap<String, coupon_code::Model>> {
    let maybe = typed.iter().filter(|code| codes::single_use(code).is_some()).cloned();
    let column = coupon_code::Column::Code;
    let rows = find_among_texts::<coupon_code::Entity, _>(db, programme, column, maybe).await?;
    Ok(rows.into_iter().map(|row| (row.code.clone(), row)).collect())
}

/// How often these members used these coupons, what was given back not counted.
async fn uses<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    (coupons, members): (&[CouponId], &BTreeSet<MemberId>),
) -> Result<HashMap<(CouponId, MemberId), i64>> {
    use coupon_redemption::Column;
    if coupons.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(CouponId, MemberId, i64)> = coupon_redemption::Entity::find()
        .select_only()
        .columns([Column::CouponId, Column::MemberId])
        .column_as(Column::Id.count(), "uses")
        .filter(Column::ProgrammeId.eq(programme))
        .filter(Column::CouponId.is_in(coupons.iter().copied()))
        .filter(Column::MemberId.is_in(members.iter().copied()))
        .filter(Column::Outcome.eq(CouponOutcome::Redeemed))
        .group_by(Column::CouponId)
        .group_by(Column::MemberId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(coupon, member, uses)| ((coupon, member), uses)).collect())
}

/// The rows with their latest versions, in one statement.
pub(super) async fn written<C: ConnectionTrait>(
    db: &C,
    rows: Vec<coupon::Model>,
) -> Result<HashMap<CouponId, Written>> {
    let Some(programme) = rows.first().map(|row| row.programme_id) else {
        return Ok(HashMap::new());
    };
    let mut any = Condition::any();
    for row in &rows {
        let own = Condition::all()
            .add(coupon_version::Column::CouponId.eq(row.id))
            .add(coupon_version::Column::Version.eq(row.version));
        any = any.add(own);
    }
    let versions = coupon_version::Entity::find()
        .filter(coupon_version::Column::ProgrammeId.eq(programme))
        .filter(any)
        .all(db)
        .await?;
    let mut versions: HashMap<CouponId, coupon_version::Model> =
        versions.into_iter().map(|version| (version.coupon_id, version)).collect();
    let with = |row: coupon::Model| {
        let version = versions.remove(&row.id);
        let version = version.ok_or_else(|| Error::internal("a coupon without a version"))?;
        Ok((row.id, Written { row, version }))
    };
    rows.into_iter().map(with).collect()
}
