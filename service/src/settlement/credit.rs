//! Partners' credit: what each may still owe lies in slices, from which sales take what they have it owe in
//! the transaction that records them (`earning::credit`), and which are filled here from what it owes.
//!
//! Filling reads what a partner owes and what its slices have left in one unchanging state of the books: a sale
//! that is in the one is in the other. What the slices have is then changed *by* the difference, whatever
//! sales have taken meanwhile. So nobody waits for it, nothing is counted twice, and whoever has paid, or had
//! goods brought back, may soon owe more. Of two at once one counts.
//!
//! Issuing therefore never takes a partner beyond its limit, however many sales there are at once. What can:
//! what is billed when points are spent or fill a debt, corrections, and history, none of which anybody can
//! refuse; a limit that was lowered, until all gateways know (five seconds) and the slices are filled
//! anew (a second); and a partner whose slices aren't made yet. From then on it issues nothing until it
//! has room. Money is reserved rounded up to the micro-unit, which comes back with the next filling.
//!
//! A partner without a limit has no slices, and one without an alert level either has no line.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::ids::{PartnerId, ProgrammeId};
use entity::programmes::programme;
use entity::settlement::{credit_line, credit_slice};
use metrics::{counter, describe_counter, describe_gauge, gauge};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter};

use super::Settlement;
use super::exposure::{CreditTerms, Owed, lines, terms};
use crate::db::Db;
use crate::earning::slices::{SLICES, shared};
use crate::error::{Error, Result};
use crate::rows::{add_all, find_among, insert_new, update_all};
use crate::tx::{Tx, retrying};

/// The most that a limit may be, so that it is a number in micro-units of any currency.
pub(crate) const LIMIT_MINOR_MAX: i64 = 9_000_000_000_000;
const LIMIT_MICROS_MAX: i128 = 9_000_000_000_000_000_000;
/// How many partners are worked out at a time.
const STEP: usize = 200;
const ALERTS: &str = "florin_credit_alerts_total";
const ALERTED: &str = "florin_credit_alerted_partners";

/// Says what is counted.
pub(crate) fn describe() {
    describe_counter!(ALERTS, "How often a partner came to owe as much as its alert level says.");
    describe_gauge!(ALERTED, "How many partners of the programme owe as much.");
}

impl Settlement {
    /// Fills the slices of all partners of a programme anew, a step at a time; says for how many something had
    /// changed.
    pub async fn refill_credit(&self, programme: ProgrammeId) -> Result<usize> {
        let at = self.clock.now();
        let tx = self.db.snapshot().await?;
        let all: Vec<PartnerId> = terms(&tx, programme, None, at).await?.into_keys().collect();
        tx.commit(()).await?;
        if all.is_empty() {
            return Ok(0);
        }
        let mut changed = 0;
        for step in all.chunks(STEP) {
            changed += refill(&self.db, programme, step.iter().copied().collect(), at).await?;
        }
        let alerted = credit_line::Entity::find()
            .filter(credit_line::Column::ProgrammeId.eq(programme))
            .filter(credit_line::Column::IsAlerted.eq(true));
        let alerted = alerted.all(self.db.reader()).await?.len();
        let alerted = u32::try_from(alerted).unwrap_or(u32::MAX);
        gauge!(ALERTED, "programme" => programme.to_string()).set(alerted);
        Ok(changed)
    }
}

/// Fills these partners' slices anew; says for how many something had changed. While the money books are far
/// behind it does nothing: what sales take meanwhile is theirs.
pub(crate) async fn refill(
    db: &Db,
    programme: ProgrammeId,
    partners: BTreeSet<PartnerId>,
    at: DateTime<Utc>,
) -> Result<usize> {
    let written = retrying(|| async {
        let plans = plans(db, programme, &partners, at).await?;
        if plans.is_empty() {
            return Ok(Vec::new());
        }
        let tx = db.begin().await?;
        let written = write(&tx, programme, plans).await?;
        tx.commit(written).await
    })
    .await?;
    written.iter().for_each(Plan::tell);
    Ok(written.len())
}

/// What becomes of a partner's line and slices.
struct Plan {
    partner: PartnerId,
    /// As which filling it was read.
    read: i64,
    was_alerted: bool,
    line: Option<credit_line::Model>,
    /// What is added to the slices; none go where there is no limit.
    more: Vec<credit_slice::Model>,
}

impl Plan {
    /// Tells the operator, once, when the level is reached.
    fn tell(&self) {
        let Some(line) = self.line.as_ref().filter(|line| line.is_alerted && !self.was_alerted)
        else {
            return;
        };
        counter!(ALERTS).increment(1);
        tracing::warn!(
            programme = %line.programme_id,
            partner = %line.partner_id,
            owed_minor = line.owed_minor,
            alert_minor = line.alert_minor,
            limit_minor = line.limit_minor,
            "a partner owes as much as its alert level says"
        );
    }
}

/// What has changed, in one state of the books.
async fn plans(
    db: &Db,
    programme: ProgrammeId,
    partners: &BTreeSet<PartnerId>,
    at: DateTime<Utc>,
) -> Result<Vec<Plan>> {
    let tx = db.snapshot().await?;
    let terms = terms(&tx, programme, Some(partners), at).await?;
    let lines = lines(&tx, programme, partners, "").await?;
    let is_asked = |terms: &CreditTerms| {
        terms.limit_minor.or(terms.alert_minor).or(terms.coming_minor).is_some()
    };
    if lines.is_empty() && !terms.values().any(is_asked) {
        return tx.commit(Vec::new()).await;
    }
    let owed = Owed::read(&tx, programme, partners).await?;
    if owed.is_behind {
        return tx.commit(Vec::new()).await;
    }
    let slices = slices(&tx, programme, partners).await?;
    let row = programme::Entity::find_by_id(programme).one(tx.connection()).await?;
    let row = row.ok_or_else(|| Error::internal("partners of no programme"))?;
    let mut plans = Vec::new();
    for partner in partners {
        let now = Now {
            owed: &owed,
            terms: terms.get(partner).copied().unwrap_or_default(),
            minor_per_unit: row.currency.minor_per_unit(),
            at,
        };
        let before = lines.get(partner);
        let slices = slices.get(partner).map_or(&[][..], Vec::as_slice);
        plans.extend(now.plan((programme, *partner), before, slices)?);
    }
    tx.commit(plans).await
}

type Slices = BTreeMap<PartnerId, Vec<credit_slice::Model>>;

async fn slices(tx: &Tx, programme: ProgrammeId, partners: &BTreeSet<PartnerId>) -> Result<Slices> {
    let (db, column) = (tx.connection(), credit_slice::Column::PartnerId);
    let ids = partners.iter().map(|partner| partner.uuid());
    let mut slices = Slices::new();
    for row in find_among::<credit_slice::Entity, _>(db, programme, column, ids, "").await? {
        slices.entry(row.partner_id).or_default().push(row);
    }
    Ok(slices)
}

/// What is known of a partner.
struct Now<'a> {
    owed: &'a Owed,
    terms: CreditTerms,
    minor_per_unit: i64,
    at: DateTime<Utc>,
}

impl Now<'_> {
    /// What becomes of its line and slices; none, if nothing has changed.
    fn plan(
        &self,
        (programme_id, partner_id): (ProgrammeId, PartnerId),
        before: Option<&credit_line::Model>,
        slices: &[credit_slice::Model],
    ) -> Result<Option<Plan>> {
        let owed = self.owed.of(partner_id);
        let limit_minor = self.terms.limit_minor.or(self.terms.coming_minor);
        let alert_minor = self.terms.alert_minor;
        let owed_minor = owed.minor(self.minor_per_unit)?;
        let headroom_micros = limit_minor.map(|limit| {
            let micros = i128::from(limit) * i128::from(1_000_000 / self.minor_per_unit.max(1));
            let rest = micros - i128::from(owed.micros_up().unwrap_or(i64::MAX));
            let rest = rest.clamp(-LIMIT_MICROS_MAX, LIMIT_MICROS_MAX);
            i64::try_from(rest).unwrap_or(i64::MIN)
        });
        let read = before.map_or(0, |line| line.refill);
        let line = credit_line::Model {
            programme_id,
            partner_id,
            refill: read + 1,
            limit_minor,
            alert_minor,
            owed_minor,
            headroom_micros,
            is_alerted: alert_minor.is_some_and(|alert| owed_minor >= alert),
            refilled_at: self.at,
        };
        let line = limit_minor.or(alert_minor).map(|_| line);
        let more = headroom_micros.map(|rest| more((programme_id, partner_id), rest, slices));
        let more = more.unwrap_or_default();
        let is_same = match (before, &line) {
            (None, None) => true,
            (Some(before), Some(line)) => {
                let (refill, refilled_at) = (before.refill, before.refilled_at);
                let is_full = more.iter().all(|slice| slice.taken_micros == 0);
                is_full && *before == credit_line::Model { refill, refilled_at, ..line.clone() }
            }
            _ => false,
        };
        let was_alerted = before.is_some_and(|line| line.is_alerted);
        let plan = Plan { partner: partner_id, read, was_alerted, line, more };
        Ok((!is_same).then_some(plan))
    }
}

/// What makes these slices even ones of a rest.
fn more(
    (programme_id, partner_id): (ProgrammeId, PartnerId),
    rest: i64,
    slices: &[credit_slice::Model],
) -> Vec<credit_slice::Model> {
    let share = shared(rest);
    let more = |slice: i32| {
        let own = slices.iter().find(|own| own.slice == slice);
        let [left, taken] = own.map_or([0, 0], |own| [own.left_micros, own.taken_micros]);
        credit_slice::Model {
            programme_id,
            partner_id,
            slice,
            left_micros: share(slice).saturating_sub(left),
            taken_micros: -taken,
        }
    };
    (0..SLICES).map(more).collect()
}

/// Writes what was planned, as far as nobody was faster; says what was written.
async fn write(tx: &Tx, programme: ProgrammeId, mut plans: Vec<Plan>) -> Result<Vec<Plan>> {
    let new = plans.iter().filter(|plan| plan.read == 0);
    let new = new.filter_map(|plan| Some(credit_line::Model { refill: 0, ..plan.line.clone()? }));
    let new: Vec<credit_line::Model> = new.collect();
    if !new.is_empty() {
        insert_new::<credit_line::Entity>(tx, &new).await?;
    }
    let partners = plans.iter().map(|plan| plan.partner).collect();
    let lock = match tx.backend() {
        DbBackend::Postgres => "order by partner_id for update",
        _ => "order by partner_id",
    };
    let locked = lines(tx, programme, &partners, lock).await?;
    plans.retain(|plan| locked.get(&plan.partner).is_some_and(|line| line.refill == plan.read));
    let kept: Vec<credit_line::Model> = plans.iter().filter_map(|plan| plan.line.clone()).collect();
    if !kept.is_empty() {
        use credit_line::Column::{
            AlertMinor, HeadroomMicros, IsAlerted, LimitMinor, OwedMinor, Refill, RefilledAt,
        };
        let changing =
            [Refill, LimitMinor, AlertMinor, OwedMinor, HeadroomMicros, IsAlerted, RefilledAt];
        update_all::<credit_line::Entity>(tx, &kept, &changing).await?;
    }
    // In the order in which sales take from partners' slices, too.
    let more: Vec<credit_slice::Model> = plans.iter().flat_map(|plan| plan.more.clone()).collect();
    if !more.is_empty() {
        use credit_slice::Column::{LeftMicros, TakenMicros};
        add_all::<credit_slice::Entity>(tx, &more, &[LeftMicros, TakenMicros]).await?;
    }
    remove(tx, programme, &plans).await?;
    Ok(plans)
}

/// Slices of partners without a limit, and lines of those without anything, go.
async fn remove(tx: &Tx, programme: ProgrammeId, plans: &[Plan]) -> Result<()> {
    let unlimited = plans.iter().filter(|plan| plan.more.is_empty()).map(|plan| plan.partner);
    let unlimited: Vec<PartnerId> = unlimited.collect();
    if unlimited.is_empty() {
        return Ok(());
    }
    credit_slice::Entity::delete_many()
        .filter(credit_slice::Column::ProgrammeId.eq(programme))
        .filter(credit_slice::Column::PartnerId.is_in(unlimited))
        .exec(tx.connection())
        .await?;
    let gone = plans.iter().filter(|plan| plan.line.is_none()).map(|plan| plan.partner);
    credit_line::Entity::delete_many()
        .filter(credit_line::Column::ProgrammeId.eq(programme))
        .filter(credit_line::Column::PartnerId.is_in(gone))
        .exec(tx.connection())
        .await?;
    Ok(())
}
