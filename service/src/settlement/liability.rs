//! What the programme owes in points, now and at the end of any day that is over: by issuer and by month of
//! issue, with the money that is held and due for it, and an estimate of what will never be burned. It reads
//! what the money books have followed; what happened since isn't in it yet.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use entity::amount::Currency;
use entity::day::Day;
use entity::ids::PartnerId;
use entity::settlement::money_posting::MoneyAccount;

use super::cohorts::{self, Due};
use super::core::cohorts::{Cohort, Flow, month_number};
use super::core::estimate::{BackTest, Curve, Development, breakage, split};
use super::core::{Account, Exact};
use super::{Settlement, rows};
use crate::actor::{Actor, Scope};
use crate::error::{Error, Result};

/// How many months ago the estimate is looked at.
const BACK_TESTS: [i32; 4] = [1, 3, 6, 12];

/// What is owed in points at the end of a day.
#[derive(Clone, Debug)]
pub struct Liability {
    /// The day.
    pub as_of: Day,
    /// What money is in.
    pub currency: Currency,
    /// Each cohort, by month and issuer.
    pub cohorts: BTreeMap<Cohort, Part>,
    /// What was paid at issue for points that are out.
    pub reserve: Exact,
    /// How use grows with age, which the estimate rests on.
    pub curve: Curve,
    /// What it would have said earlier.
    pub back_tests: Vec<BackTest>,
}

/// Points that belong together: a cohort, an issuer's, a month's, or all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// What became of them.
    pub flow: Flow,
    /// What is due when those are burned that are out.
    pub due: Due,
    /// Of those that are out, about how many something can be said.
    pub estimated: i64,
    /// Of these, how many will never be burned.
    pub breakage: i64,
}

impl Part {
    fn plus(&self, other: &Self) -> Result<Self> {
        Ok(Self {
            flow: self.flow.plus(&other.flow)?,
            due: self.due.plus(other.due),
            estimated: self.estimated.saturating_add(other.estimated),
            breakage: self.breakage.saturating_add(other.breakage),
        })
    }
}

impl Liability {
    /// All cohorts together.
    pub fn total(&self) -> Result<Part> {
        self.cohorts.values().try_fold(Part::default(), |sum, own| sum.plus(own))
    }

    /// By issuer; nobody is the programme itself.
    pub fn issuers(&self) -> Result<BTreeMap<Option<PartnerId>, Part>> {
        self.by(|cohort| cohort.issuer)
    }

    /// By month of issue.
    pub fn months(&self) -> Result<BTreeMap<Day, Part>> {
        self.by(|cohort| cohort.month)
    }

    fn by<K: Ord>(&self, key: impl Fn(&Cohort) -> K) -> Result<BTreeMap<K, Part>> {
        let mut parts: BTreeMap<K, Part> = BTreeMap::new();
        for (cohort, own) in &self.cohorts {
            let sum = parts.entry(key(cohort)).or_default();
            *sum = sum.plus(own)?;
        }
        Ok(parts)
    }
}

impl Settlement {
    /// What is owed in points at the end of a day, or now. For operators.
    pub async fn liability(&self, actor: &Actor, as_of: Option<NaiveDate>) -> Result<Liability> {
        let (programme, _) = actor.operator(Scope::SettlementRead)?;
        let rules = self.programmes.rules(programme).await?;
        let today = Day::of(self.clock.now(), &rules.zone);
        let as_of = as_of.map_or(today, Day::from_date);
        if as_of > today {
            let message = format!("asOf is a day that has begun: {today} or earlier");
            return Err(Error::bad_input("asOf", message));
        }
        let tx = self.db.snapshot().await?;
        let flows = cohorts::until(tx.connection(), programme, as_of).await?;
        let due = cohorts::due_until(tx.connection(), programme, as_of).await?;
        let accounts = rows::book_until(tx.connection(), programme, as_of).await?.accounts()?;
        let reserve = accounts.get(&Account::Own(MoneyAccount::Reserve)).copied();
        let by_age =
            flows.iter().map(|((cohort, age), flow)| (month_number(cohort.month), *age, *flow));
        let development = Development::new(by_age, last_month(as_of));
        let curve = development.curve();
        let mut parts: BTreeMap<Cohort, Part> = BTreeMap::new();
        for ((cohort, _), flow) in &flows {
            let part = parts.entry(*cohort).or_default();
            part.flow = part.flow.plus(flow)?;
        }
        for (cohort, due) in due {
            parts.entry(cohort).or_default().due = due;
        }
        estimate(&mut parts, &development, &curve)?;
        let liability = Liability {
            as_of,
            currency: rules.programme.currency,
            cohorts: parts,
            reserve: reserve.unwrap_or_default(),
            back_tests: BACK_TESTS.map(|months| development.back_test(months)).to_vec(),
            curve,
        };
        tx.commit(liability).await
    }
}

/// The last month that is over at the end of a day.
fn last_month(day: Day) -> i32 {
    let is_last = day.plus(1).date().month() != day.date().month();
    month_number(day) - i32::from(!is_last)
}

/// Estimates each month by what all issuers' points did, and gives each issuer its part by what it has out.
fn estimate(
    parts: &mut BTreeMap<Cohort, Part>,
    development: &Development,
    curve: &Curve,
) -> Result<()> {
    let mut months: BTreeMap<Day, Vec<&mut Part>> = BTreeMap::new();
    for (cohort, part) in parts {
        months.entry(cohort.month).or_default().push(part);
    }
    for (month, mut parts) in months {
        let Some(ultimate) = development.ultimate(curve, month_number(month)) else { continue };
        let now = parts.iter().try_fold(Flow::default(), |sum, own| sum.plus(&own.flow))?;
        let out: Vec<i64> = parts.iter().map(|own| own.flow.out().max(0)).collect();
        for (part, broken) in parts.iter_mut().zip(split(breakage(ultimate, &now), &out)) {
            (part.estimated, part.breakage) = (part.flow.out(), broken);
        }
    }
    Ok(())
}
