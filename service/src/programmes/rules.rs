//! A programme's rules as other contexts ask for them. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use entity::ids::ProgrammeId;
use entity::programmes::programme::{self, ExpiryPolicy};

use crate::error::{Error, Result};
use crate::ledger::core::{self, Expiry};
use crate::ledger::expiry::{days_later, end_of_month, months_later};
use crate::refusal::{Code, Refusal};

/// How far a till's clock may be ahead.
const FUTURE_SECONDS_MAX: i64 = 300;

/// A programme with its time zone read.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The row.
    pub programme: programme::Model,
    /// Its time zone.
    pub zone: Tz,
}

impl Rules {
    /// The rules that a row holds.
    pub fn new(programme: programme::Model) -> Result<Self> {
        let zone = programme.time_zone.parse().map_err(Error::internal)?;
        Ok(Self { programme, zone })
    }

    /// Whose.
    pub fn id(&self) -> ProgrammeId {
        self.programme.id
    }

    /// The part that the ledger needs.
    pub fn for_ledger(&self) -> core::Rules {
        core::Rules {
            programme: self.programme.id,
            expiry: match self.programme.expiry_policy {
                ExpiryPolicy::Inactivity => {
                    Expiry::Inactivity { months: self.expiry_months(), zone: self.zone }
                }
                ExpiryPolicy::FixedMonths | ExpiryPolicy::EndOfMonth => Expiry::Dated,
            },
            grace: TimeDelta::days(i64::from(self.programme.expiry_grace_days)),
            debt: self.programme.debt_policy,
        }
    }

    /// When points earned at `at` expire; `None` where the wallet's inactivity decides.
    pub fn expires_at(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let later = months_later(at, self.expiry_months(), self.zone);
        match self.programme.expiry_policy {
            ExpiryPolicy::FixedMonths => Some(later),
            ExpiryPolicy::EndOfMonth => Some(end_of_month(later, self.zone)),
            ExpiryPolicy::Inactivity => None,
        }
    }

    /// When points earned at `at` can be spent.
    pub fn available_at(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let days = u64::try_from(self.programme.pending_days).unwrap_or(0);
        if days == 0 { at } else { days_later(at, days, self.zone) }
    }

    /// The same two dates for points whose rule says how many days they wait or how many months they
    /// live. Under expiry by inactivity no lot has a date.
    pub fn dates(
        &self,
        at: DateTime<Utc>,
        pending_days: Option<u32>,
        expiry_months: Option<u32>,
    ) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
        let available_at = match pending_days {
            None => self.available_at(at),
            Some(0) => at,
            Some(days) => days_later(at, u64::from(days), self.zone),
        };
        let expires_at = self.expires_at(at).map(|usual| match expiry_months {
            None => usual,
            Some(months) => months_later(at, months, self.zone),
        });
        (available_at, expires_at)
    }

    /// Refuses what is said to have happened in the future, or longer ago than is accepted.
    pub fn accepts_time(
        &self,
        occurred_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        self.accepts_no_future(occurred_at, now)?;
        let days = i64::from(self.programme.sale_age_days_max);
        if occurred_at < now - TimeDelta::days(days) {
            let message =
                format!("It occurred at {occurred_at:?}; the programme accepts {days} days.");
            return Err(Refusal::new(Code::OccurredTooLongAgo).because(message).at("occurredAt"));
        }
        Ok(())
    }

    /// Refuses what is said to have happened more than five minutes from now.
    pub fn accepts_no_future(
        &self,
        occurred_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        if occurred_at > now + TimeDelta::seconds(FUTURE_SECONDS_MAX) {
            let message = format!("It is said to have occurred at {occurred_at:?}; it is {now:?}.");
            return Err(Refusal::new(Code::OccurredInFuture).because(message).at("occurredAt"));
        }
        Ok(())
    }

    fn expiry_months(&self) -> u32 {
        u32::try_from(self.programme.expiry_months).unwrap_or(1)
    }
}

impl Rules {
    /// Of a programme that says nothing, for what is asked without a database.
    pub(crate) fn blank() -> Self {
        Self::new(super::settings::blank()).expect("the default settings are in order")
    }
}
