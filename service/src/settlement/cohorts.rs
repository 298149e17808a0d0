//! Cohorts as rows, and rows as cohorts. They are written by who follows the ledger, and by nobody else.

use std::collections::BTreeMap;

use entity::day::Day;
use entity::ids::{PartnerId, ProgrammeId};
use entity::settlement::{cohort_day, cohort_due};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

use super::core::cohorts::{Cohort, Cohorts, Flow};
use super::core::{Exact, Price};
use super::rows::{NOBODY, somebody};
use crate::error::Result;
use crate::rows::add_all;
use crate::tx::Tx;

/// Adds what happened to what there is.
pub(super) async fn write(tx: &Tx, programme: ProgrammeId, cohorts: &Cohorts) -> Result<()> {
    let days = cohorts.days.iter();
    let days: Vec<_> =
        days.map(|((cohort, day), flow)| row(programme, cohort, *day, flow)).collect();
    let adding = {
        use cohort_day::Column::{Adjusted, Burned, Expired, Filled, Issued, Restored, Returned};
        [Issued, Burned, Restored, Expired, Returned, Filled, Adjusted]
    };
    add_all::<cohort_day::Entity>(tx, &days, &adding).await?;
    let changed = cohorts.due.iter().filter(|(_, points)| **points != 0);
    let due = changed.map(|((cohort, day, (funder, price)), points)| cohort_due::Model {
        programme_id: programme,
        issuer_id: id(cohort.issuer),
        month: cohort.month,
        day: *day,
        funder_id: id(*funder),
        price_micros: price.micros,
        factor: price.factor,
        points: *points,
    });
    let due: Vec<_> = due.collect();
    add_all::<cohort_due::Entity>(tx, &due, &[cohort_due::Column::Points]).await
}

fn row(programme: ProgrammeId, cohort: &Cohort, day: Day, flow: &Flow) -> cohort_day::Model {
    let Flow { issued, burned, restored, expired, returned, filled, adjusted } = *flow;
    cohort_day::Model {
        programme_id: programme,
        issuer_id: id(cohort.issuer),
        month: cohort.month,
        day,
        age: cohort.age_on(day),
        issued,
        burned,
        restored,
        expired,
        returned,
        filled,
        adjusted,
    }
}

fn id(partner: Option<PartnerId>) -> Uuid {
    partner.map_or(NOBODY, PartnerId::uuid)
}

fn partner(id: Uuid) -> Option<PartnerId> {
    somebody(id).map(PartnerId::from_uuid)
}

/// What days of a cohort add up to.
#[derive(FromQueryResult)]
struct Summed {
    issuer_id: Uuid,
    month: Day,
    age: i32,
    issued: i64,
    burned: i64,
    restored: i64,
    expired: i64,
    returned: i64,
    filled: i64,
    adjusted: i64,
}

impl Summed {
    fn cohort(&self) -> Cohort {
        Cohort { month: self.month, issuer: partner(self.issuer_id) }
    }

    fn flow(&self) -> Flow {
        let Self { issued, burned, restored, expired, returned, filled, adjusted, .. } = *self;
        Flow { issued, burned, restored, expired, returned, filled, adjusted }
    }
}

/// Sums by cohort and age, of days up to one.
const UNTIL: &str = "
    select issuer_id, month, age,
        cast(sum(issued) as bigint) as issued, cast(sum(burned) as bigint) as burned,
        cast(sum(restored) as bigint) as restored, cast(sum(expired) as bigint) as expired,
        cast(sum(returned) as bigint) as returned, cast(sum(filled) as bigint) as filled,
        cast(sum(adjusted) as bigint) as adjusted
    from cohort_day where programme_id = $1 and day <= $2 group by issuer_id, month, age";

/// What became of each cohort by the end of a day, by how many months after its own.
pub(super) async fn until<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    day: Day,
) -> Result<BTreeMap<(Cohort, i32), Flow>> {
    let values: [Value; 2] = [programme.uuid().into(), day.get().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), UNTIL, values);
    let rows = Summed::find_by_statement(statement).all(db).await?;
    Ok(rows.into_iter().map(|row| ((row.cohort(), row.age), row.flow())).collect())
}

/// Points out for which something is due.
#[derive(FromQueryResult)]
struct DueSum {
    issuer_id: Uuid,
    month: Day,
    funder_id: Uuid,
    price_micros: i64,
    factor: i64,
    points: i64,
}

const DUE: &str = "
    select issuer_id, month, funder_id, price_micros, factor, cast(sum(points) as bigint) as points
    from cohort_due where programme_id = $1 and day <= $2
    group by issuer_id, month, funder_id, price_micros, factor";

/// What is due when points are burned that are out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// From partners.
    pub partners: Exact,
    /// From the programme itself, as a funder.
    pub own: Exact,
}

impl Due {
    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self { partners: self.partners.plus(other.partners), own: self.own.plus(other.own) }
    }

    /// With so many points more at that price.
    pub(super) fn with(self, funder: Option<PartnerId>, money: Exact) -> Self {
        self.plus(match funder {
            Some(_) => Self { partners: money, own: Exact::ZERO },
            None => Self { partners: Exact::ZERO, own: money },
        })
    }
}

/// What is due at the end of a day when all points are burned that are out, by who funds them.
pub(super) async fn due_by_funder<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    day: Day,
) -> Result<BTreeMap<Option<PartnerId>, Exact>> {
    let mut all: BTreeMap<Option<PartnerId>, Exact> = BTreeMap::new();
    for row in due_sums(db, programme, day).await? {
        let price = Price { micros: row.price_micros, factor: row.factor };
        let sum = all.entry(partner(row.funder_id)).or_default();
        *sum = sum.plus(price.of(row.points)?);
    }
    Ok(all)
}

async fn due_sums<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    day: Day,
) -> Result<Vec<DueSum>> {
    let values: [Value; 2] = [programme.uuid().into(), day.get().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), DUE, values);
    Ok(DueSum::find_by_statement(statement).all(db).await?)
}

/// What is due at the end of a day when each cohort's points are burned.
pub(super) async fn due_until<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    day: Day,
) -> Result<BTreeMap<Cohort, Due>> {
    let mut all: BTreeMap<Cohort, Due> = BTreeMap::new();
    for row in due_sums(db, programme, day).await? {
        let cohort = Cohort { month: row.month, issuer: partner(row.issuer_id) };
        let price = Price { micros: row.price_micros, factor: row.factor };
        let sum = all.entry(cohort).or_default();
        *sum = sum.with(partner(row.funder_id), price.of(row.points)?);
    }
    Ok(all)
}
