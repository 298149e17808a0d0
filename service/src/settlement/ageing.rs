//! For how long what is unpaid should have been paid: by partner and direction, as of today.

use entity::day::Day;
use entity::ids::PartnerId;
use entity::settlement::payment_instruction::PaymentDirection;
use sea_orm::{DbBackend, FromQueryResult, Statement, Value};

use super::{Settlement, not_for_members};
use crate::actor::{Actor, Scope, Who};
use crate::error::Result;

/// What is open between a partner and the programme in one direction, by days overdue, in minor units.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Age {
    /// Whose.
    pub partner_id: PartnerId,
    /// Who is to pay.
    pub direction: PaymentDirection,
    /// Not due before today.
    pub not_due_minor: i64,
    /// Overdue for 1 to 30 days.
    pub to_30_minor: i64,
    /// For 31 to 60.
    pub to_60_minor: i64,
    /// For 61 to 90.
    pub to_90_minor: i64,
    /// For longer.
    pub over_90_minor: i64,
    /// All of it.
    pub total_minor: i64,
}

impl Settlement {
    /// What is unpaid, by age: to operators of all partners, to a partner its own. One statement, however
    /// many instructions there are.
    pub async fn ageing(&self, actor: &Actor) -> Result<Vec<Age>> {
        let programme = actor.programme()?;
        actor.with(Scope::SettlementRead)?;
        let own = match actor.who() {
            Who::Operator(_) | Who::System => None,
            Who::Partner(partner, _) => Some(partner),
            _ => return Err(not_for_members()),
        };
        let rules = self.programmes.rules(programme).await?;
        let today = Day::of(self.clock.now(), &rules.zone);
        let db = self.db.reader_for(actor);
        let backend = db.get_database_backend();
        let mut values: Vec<Value> = vec![programme.uuid().into(), today.get().into()];
        values.extend(own.map(|partner| Value::from(partner.uuid())));
        let statement =
            Statement::from_sql_and_values(backend, sql(backend, own.is_some()), values);
        Ok(Age::find_by_statement(statement).all(db).await?)
    }
}

fn sql(backend: DbBackend, is_own: bool) -> String {
    let mark = if backend == DbBackend::Postgres { "$" } else { "?" };
    let own = if is_own { format!("and i.partner_id = {mark}3") } else { String::new() };
    let sum =
        |days: &str| format!("cast(sum(case when {days} then open_minor else 0 end) as bigint)");
    let [not_due, to_30, to_60, to_90, over_90, total] = [
        "days <= 0",
        "days between 1 and 30",
        "days between 31 and 60",
        "days between 61 and 90",
        "days > 90",
        "true",
    ]
    .map(sum);
    format!(
        "select partner_id, direction, {not_due} as not_due_minor, {to_30} as to_30_minor,
            {to_60} as to_60_minor, {to_90} as to_90_minor, {over_90} as over_90_minor,
            {total} as total_minor
         from (select i.partner_id, i.direction, cast({mark}2 as integer) - i.due_on as days,
                i.amount_minor - coalesce(p.minor, 0) as open_minor
             from payment_instruction i
             left join (select reference, sum(amount_minor) as minor from settlement_payment
                where programme_id = {mark}1 group by reference) p on p.reference = i.reference
             where i.programme_id = {mark}1 {own}) unpaid
         where open_minor > 0 group by partner_id, direction order by partner_id, direction"
    )
}
