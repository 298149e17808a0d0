//! What partners owe and haven't paid, at any time: what their last statement left open, what the money books
//! have of cycles that aren't approved, and what was issued and isn't in the books yet. Less what they are
//! owed: there is one account a partner. It reads; who may issue what is decided by the slices that
//! [`super::credit`] fills from it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::amount::Currency;
use entity::ids::{EntryId, PartnerId, ProgrammeId};
use entity::partners::{contract, partner};
use entity::programmes::programme;
use entity::settlement::credit_line;
use entity::settlement::money_posting::MoneyAccount;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, Statement, Value};
use uuid::Uuid;

use super::core::{Exact, Price, at_issue};
use super::{Settlement, replay};
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::page::{Page, Window};
use crate::rows::{among, find_among, first_place};
use crate::tx::Tx;

/// When the money books are further behind than that, they are left alone until they have caught up.
const UNFOLLOWED_MAX: usize = 10_000;

/// What a partner owes, and may owe.
#[derive(Clone, Copy, Debug)]
pub struct Exposure {
    /// What the amounts are in.
    pub currency: Currency,
    /// In minor units, rounded half to even; below zero what it is owed.
    pub owed_minor: i64,
    /// What of it isn't in the money books yet, in minor units.
    pub reserved_minor: i64,
    /// The most that it may owe, by the version of its contract that is in force.
    pub limit_minor: Option<i64>,
    /// At how much the operator is told.
    pub alert_minor: Option<i64>,
    /// Whether the books are too far behind to tell what isn't in them.
    pub is_behind: bool,
}

impl Exposure {
    /// What it may still owe; below zero what it owes beyond its limit.
    pub fn headroom_minor(&self) -> Option<i64> {
        self.limit_minor.map(|limit| limit.saturating_sub(self.owed_minor))
    }

    /// Whether it owes so much that the operator is told.
    pub fn is_alert_reached(&self) -> bool {
        self.alert_minor.is_some_and(|alert| self.owed_minor >= alert)
    }
}

impl Settlement {
    /// What these partners owe: to operators all, to a partner its own, for who may read settlement. Others are
    /// told of nobody.
    pub async fn exposures(
        &self,
        actor: &Actor,
        partners: &[PartnerId],
    ) -> Result<HashMap<PartnerId, Exposure>> {
        let programme = actor.programme()?;
        let may_see = |partner: &PartnerId| match actor.who() {
            Who::System => true,
            Who::Operator(_) => actor.has(Scope::SettlementRead),
            Who::Partner(own, _) => own == *partner && actor.has(Scope::SettlementRead),
            _ => false,
        };
        let seen: BTreeSet<PartnerId> = partners.iter().copied().filter(may_see).collect();
        if seen.is_empty() {
            return Ok(HashMap::new());
        }
        let tx = self.db.snapshot().await?;
        let terms = terms(&tx, programme, Some(&seen), self.clock.now()).await?;
        let owed = Owed::read(&tx, programme, &seen).await?;
        let currency = self.programmes.rules(programme).await?.programme.currency;
        let mut found = HashMap::new();
        for partner in seen {
            let own = terms.get(&partner).copied().unwrap_or_default();
            let minor = |exact: Exact| exact.minor(currency.minor_per_unit());
            let exposure = Exposure {
                currency,
                owed_minor: minor(owed.of(partner))?,
                reserved_minor: minor(owed.reserved_of(partner))?,
                limit_minor: own.limit_minor,
                alert_minor: own.alert_minor,
                is_behind: owed.is_behind,
            };
            found.insert(partner, exposure);
        }
        tx.commit(found).await
    }

    /// Partners that owe as much as their alert level says, as it was worked out last, oldest first. For
    /// operators.
    pub async fn partners_over_alert(
        &self,
        actor: &Actor,
        window: Window<Uuid>,
    ) -> Result<Page<partner::Model>> {
        let (programme, _) = actor.operator(Scope::SettlementRead)?;
        let alerted = Query::select()
            .column(credit_line::Column::PartnerId)
            .from(credit_line::Entity)
            .and_where(Expr::col(credit_line::Column::ProgrammeId).eq(programme.uuid()))
            .and_where(Expr::col(credit_line::Column::IsAlerted).eq(true))
            .to_owned();
        let query = partner::Entity::find()
            .filter(partner::Column::ProgrammeId.eq(programme))
            .filter(partner::Column::Id.in_subquery(alerted));
        window.read(self.db.reader_for(actor), query.cursor_by(partner::Column::Id)).await
    }
}

/// What a partner may owe, by its contract.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CreditTerms {
    /// By the version in force.
    pub(super) limit_minor: Option<i64>,
    /// Likewise.
    pub(super) alert_minor: Option<i64>,
    /// The limit of a later version, where the one in force has none.
    pub(super) coming_minor: Option<i64>,
}

/// The terms of these partners; of all whose contracts ever say something about credit, if nobody is named.
pub(super) async fn terms(
    tx: &Tx,
    programme: ProgrammeId,
    partners: Option<&BTreeSet<PartnerId>>,
    at: DateTime<Utc>,
) -> Result<BTreeMap<PartnerId, CreditTerms>> {
    use contract::Column::{CreditAlertMinor, CreditLimitMinor, PartnerId as Of};
    let mut query = contract::Entity::find().filter(contract::Column::ProgrammeId.eq(programme));
    if let Some(partners) = partners {
        query = query.filter(Of.is_in(partners.iter().copied()));
    } else {
        let own = CreditLimitMinor.is_not_null().or(CreditAlertMinor.is_not_null());
        let with_terms = Query::select()
            .column(Of)
            .from(contract::Entity)
            .and_where(Expr::col(contract::Column::ProgrammeId).eq(programme.uuid()))
            .and_where(own)
            .to_owned();
        query = query.filter(Of.in_subquery(with_terms));
    }
    let mut versions: BTreeMap<PartnerId, Vec<contract::Model>> = BTreeMap::new();
    for row in query.all(tx.connection()).await? {
        versions.entry(row.partner_id).or_default().push(row);
    }
    let terms = |mut versions: Vec<contract::Model>| {
        versions.sort_by_key(|row| row.version);
        let place = versions.iter().rposition(|row| row.valid_from <= at);
        let in_force = place.and_then(|place| versions.get(place));
        let later = versions.iter().skip(place.map_or(0, |place| place + 1));
        CreditTerms {
            limit_minor: in_force.and_then(|row| row.credit_limit_minor),
            alert_minor: in_force.and_then(|row| row.credit_alert_minor),
            coming_minor: later.filter_map(|row| row.credit_limit_minor).next(),
        }
    };
    Ok(versions.into_iter().map(|(partner, own)| (partner, terms(own))).collect())
}

/// What partners owe, exactly.
#[derive(Default)]
pub(super) struct Owed {
    booked: BTreeMap<PartnerId, Exact>,
    reserved: BTreeMap<PartnerId, Exact>,
    /// Whether what isn't in the books yet is left out, because it is too much.
    pub(super) is_behind: bool,
}

impl Owed {
    /// What these partners owe in the state that the transaction reads.
    pub(super) async fn read(
        tx: &Tx,
        programme: ProgrammeId,
        partners: &BTreeSet<PartnerId>,
    ) -> Result<Self> {
        let mut owed = Self::default();
        let row = programme::Entity::find_by_id(programme).one(tx.connection()).await?;
        let row = row.ok_or_else(|| Error::internal("partners of no programme"))?;
        for (partner, minor) in open(tx, programme, partners).await? {
            add(&mut owed.booked, partner, Exact::of_minor(minor, row.currency.minor_per_unit()));
        }
        for (partner, exact) in accrued(tx, programme, partners).await? {
            add(&mut owed.booked, partner, exact);
        }
        let Some(entries) = unfollowed(tx, programme).await? else {
            return Ok(Self { is_behind: true, ..owed });
        };
        for lot in replay::earned(tx, programme, &entries).await? {
            for (partner, exact) in at_issue(&lot.terms, lot.quantity.get())? {
                add(&mut owed.reserved, partner, exact);
            }
        }
        Ok(owed)
    }

    /// What a partner owes in all.
    pub(super) fn of(&self, partner: PartnerId) -> Exact {
        let booked = self.booked.get(&partner).copied().unwrap_or_default();
        booked.plus(self.reserved_of(partner))
    }

    fn reserved_of(&self, partner: PartnerId) -> Exact {
        self.reserved.get(&partner).copied().unwrap_or_default()
    }
}

fn add(sums: &mut BTreeMap<PartnerId, Exact>, partner: PartnerId, more: Exact) {
    let sum = sums.entry(partner).or_default();
    *sum = sum.plus(more);
}

/// The values that the statements below have: the programme, and the partners' ids.
fn asked(
    tx: &Tx,
    programme: ProgrammeId,
    column: &str,
    partners: &BTreeSet<PartnerId>,
) -> (String, [Value; 2]) {
    let ids = partners.iter().map(|partner| partner.uuid());
    let (condition, ids) = among(tx.backend(), column, 2, ids);
    (condition, [programme.uuid().into(), ids])
}

#[derive(FromQueryResult)]
struct Open {
    partner_id: PartnerId,
    minor: i64,
}

/// What the statements that were issued leave open, less what was paid since, and what was corrected since.
async fn open(
    tx: &Tx,
    programme: ProgrammeId,
    partners: &BTreeSet<PartnerId>,
) -> Result<Vec<(PartnerId, i64)>> {
    let p = first_place(tx.backend());
    let (of_any, values) = asked(tx, programme, "o.partner_id", partners);
    let (of_issued, _) = asked(tx, programme, "s.partner_id", partners);
    let sql = format!(
        "with issued as (
            select s.partner_id, s.number, s.closing_minor from settlement_statement s
            join settlement_cycle c on c.programme_id = {p} and c.first_day = s.cycle
                and c.calculation = s.calculation and c.approved_at is not null
            where s.programme_id = {p} and {of_issued}),
        open_cycle as (
            select first_day from settlement_cycle where programme_id = {p} and approved_at is null)
        select partner_id, cast(sum(minor) as bigint) as minor from (
            select o.partner_id, o.closing_minor as minor from issued o
            where not exists (select 1 from issued n
                where n.partner_id = o.partner_id and n.number > o.number)
            union all
            select o.partner_id, case i.direction when 'COLLECT' then -o.amount_minor else o.amount_minor end
            from settlement_payment o join payment_instruction i
                on i.programme_id = {p} and i.reference = o.reference
            where o.programme_id = {p} and {of_any} and o.cycle in (select first_day from open_cycle)
            union all
            select o.partner_id, o.amount_minor from settlement_adjustment o
            where o.programme_id = {p} and {of_any} and o.cycle in (select first_day from open_cycle)
        ) as part group by partner_id"
    );
    let statement = Statement::from_sql_and_values(tx.backend(), sql, values);
    let rows = Open::find_by_statement(statement).all(tx.connection()).await?;
    Ok(rows.into_iter().map(|row| (row.partner_id, row.minor)).collect())
}

#[derive(FromQueryResult)]
struct Accrued {
    partner_id: PartnerId,
    from_account: MoneyAccount,
    price_micros: i64,
    factor: i64,
    points: i64,
}

/// What the money books have of cycles that aren't approved.
async fn accrued(
    tx: &Tx,
    programme: ProgrammeId,
    partners: &BTreeSet<PartnerId>,
) -> Result<Vec<(PartnerId, Exact)>> {
    let p = first_place(tx.backend());
    let (of_any, values) = asked(tx, programme, "d.partner_id", partners);
    let sql = format!(
        "select d.partner_id, d.from_account, d.price_micros, d.factor,
            cast(sum(d.points) as bigint) as points
        from money_day d join settlement_cycle c
            on c.programme_id = {p} and c.first_day = d.cycle and c.approved_at is null
        where d.programme_id = {p} and {of_any} and 'PAYABLE' in (d.from_account, d.to_account)
        group by d.partner_id, d.from_account, d.price_micros, d.factor"
    );
    let statement = Statement::from_sql_and_values(tx.backend(), sql, values);
    let rows = Accrued::find_by_statement(statement).all(tx.connection()).await?;
    let owed = |row: Accrued| {
        let money = Price { micros: row.price_micros, factor: row.factor }.of(row.points)?;
        let owes = row.from_account == MoneyAccount::Payable;
        Ok((row.partner_id, if owes { money } else { money.negated() }))
    };
    rows.into_iter().map(owed).collect()
}

/// Entries that aren't in the money books yet; none if they are too many.
async fn unfollowed(tx: &Tx, programme: ProgrammeId) -> Result<Option<Vec<EntryId>>> {
    #[derive(FromQueryResult)]
    struct Told {
        subject_id: Uuid,
    }
    let p = first_place(tx.backend());
    let sql = format!(
        "select subject_id from outbox where programme_id = {p} and kind = 'ENTRY'
        union all
        select subject_id from fact where programme_id = {p} and kind = 'ENTRY' and position > coalesce(
            (select position from settlement_cursor where programme_id = {p}), 0)
        limit {}",
        UNFOLLOWED_MAX + 1
    );
    let values: [Value; 1] = [programme.uuid().into()];
    let statement = Statement::from_sql_and_values(tx.backend(), sql, values);
    let told = Told::find_by_statement(statement).all(tx.connection()).await?;
    if told.len() > UNFOLLOWED_MAX {
        return Ok(None);
    }
    Ok(Some(told.into_iter().map(|told| EntryId::from_uuid(told.subject_id)).collect()))
}

/// The credit lines of these partners, as they were worked out last.
pub(super) async fn lines(
    tx: &Tx,
    programme: ProgrammeId,
    partners: &BTreeSet<PartnerId>,
    also: &str,
) -> Result<BTreeMap<PartnerId, credit_line::Model>> {
    let (db, column) = (tx.connection(), credit_line::Column::PartnerId);
    let ids = partners.iter().map(|partner| partner.uuid());
    let rows = find_among::<credit_line::Entity, _>(db, programme, column, ids, also).await?;
    Ok(rows.into_iter().map(|row| (row.partner_id, row)).collect())
}
