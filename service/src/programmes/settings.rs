//! A programme's settings, each with its bounds. Pure.

use std::fmt::Display;

use chrono::DateTime;
use chrono_tz::Tz;
use entity::amount::Points;
use entity::ids::ProgrammeId;
use entity::programmes::programme::{DebtPolicy, ExpiryPolicy, Model, Rounding, SettlementPeriod};
use serde::{Deserialize, Serialize};

use crate::bank::{creditor, iban, latin};
use crate::refusal::{Code, Refusal};
use crate::text;

/// All settings of a new programme.
#[derive(Clone, Debug)]
pub struct Settings {
    /// IANA name.
    pub time_zone: String,
    /// When points expire.
    pub expiry_policy: ExpiryPolicy,
    /// After how many months, 1 to 120.
    pub expiry_months: i32,
    /// How long restored points live that had expired, 0 to 365 days.
    pub expiry_grace_days: i32,
    /// From purchase until points can be spent, 0 to 365 days.
    pub pending_days: i32,
    /// How a purchase's points become whole.
    pub rounding: Rounding,
    /// What a return does that finds too few points.
    pub debt_policy: DebtPolicy,
    /// How old a sale may be, 1 to 3,650 days.
    pub sale_age_days_max: i32,
    /// How long a receipt without a member can be claimed, 0 to 365 days.
    pub claim_days: i32,
    /// How long a hold may stand, 1 to 43,200 minutes.
    pub hold_minutes_max: i32,
    /// What an operator may adjust and write off alone within 24 hours; more needs a second one.
    pub adjustment_limit: Points,
    /// How cashback leaves the programme.
    pub payouts: Payouts,
    /// How often partners are billed.
    pub settlement_period: SettlementPeriod,
    /// The least that a partner pays or is paid for a cycle, in minor units.
    pub settlement_min_minor: i64,
    /// The SEPA creditor identifier under which money is fetched; none is fetched without.
    pub creditor_id: Option<String>,
}

/// How cashback leaves the programme.
#[derive(Clone, Debug)]
pub struct Payouts {
    /// The least that is paid out, in minor units.
    pub min_minor: i64,
    /// Points for each minor unit that a member converts; 0 where none is.
    pub points_per_minor: i64,
    /// What an operator may have paid out alone within 24 hours, in minor units; more needs a second one.
    pub run_limit_minor: i64,
    /// From which account; none is paid out without.
    pub debtor: Option<Debtor>,
}

/// Who pays cashback out, as the bank knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Debtor {
    /// 1 to 70 characters.
    pub name: String,
    /// The account.
    pub iban: String,
    /// The bank, where it wants to be named.
    pub bic: Option<String>,
}

/// Settings to be changed; what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    pub time_zone: Option<String>,
    pub expiry_policy: Option<ExpiryPolicy>,
    pub expiry_months: Option<i32>,
    pub expiry_grace_days: Option<i32>,
    pub pending_days: Option<i32>,
    pub rounding: Option<Rounding>,
    pub debt_policy: Option<DebtPolicy>,
    pub sale_age_days_max: Option<i32>,
    pub claim_days: Option<i32>,
    pub hold_minutes_max: Option<i32>,
    pub adjustment_limit: Option<Points>,
    #[serde(default)]
    pub payout_min_minor: Option<i64>,
    #[serde(default)]
    pub points_per_minor: Option<i64>,
    #[serde(default)]
    pub payout_run_limit_minor: Option<i64>,
    #[serde(default)]
    pub settlement_period: Option<SettlementPeriod>,
    #[serde(default)]
    pub settlement_min_minor: Option<i64>,
    #[serde(default)]
    pub debtor: Option<Debtor>,
    #[serde(default)]
    pub creditor_id: Option<String>,
}

impl Default for Settings {
    /// What most programmes begin with.
    fn default() -> Self {
        Self {
            time_zone: "UTC".to_owned(),
            expiry_policy: ExpiryPolicy::EndOfMonth,
            expiry_months: 24,
            expiry_grace_days: 30,
            pending_days: 14,
            rounding: Rounding::Down,
            debt_policy: DebtPolicy::AllowDebt,
            sale_age_days_max: 60,
            claim_days: 90,
            hold_minutes_max: 60,
            adjustment_limit: Points::ZERO,
            payouts: Payouts::default(),
            settlement_period: SettlementPeriod::Monthly,
            settlement_min_minor: 0,
            creditor_id: None,
        }
    }
}

impl Default for Payouts {
    /// Ten and more, in a currency of two decimals; ten thousand of it with one operator.
    fn default() -> Self {
        Self { min_minor: 1000, points_per_minor: 0, run_limit_minor: 1_000_000, debtor: None }
    }
}

impl Settings {
    pub(super) fn apply_to(self, row: Model) -> Result<Model, Refusal> {
        let change = Change {
            time_zone: Some(self.time_zone),
            expiry_policy: Some(self.expiry_policy),
            expiry_months: Some(self.expiry_months),
            expiry_grace_days: Some(self.expiry_grace_days),
            pending_days: Some(self.pending_days),
            rounding: Some(self.rounding),
            debt_policy: Some(self.debt_policy),
            sale_age_days_max: Some(self.sale_age_days_max),
            claim_days: Some(self.claim_days),
            hold_minutes_max: Some(self.hold_minutes_max),
            adjustment_limit: Some(self.adjustment_limit),
            payout_min_minor: Some(self.payouts.min_minor),
            points_per_minor: Some(self.payouts.points_per_minor),
            payout_run_limit_minor: Some(self.payouts.run_limit_minor),
            settlement_period: Some(self.settlement_period),
            settlement_min_minor: Some(self.settlement_min_minor),
            debtor: self.payouts.debtor,
            creditor_id: self.creditor_id,
        };
        change.apply_to(row)
    }
}

impl Change {
    pub(super) fn apply_to(self, row: Model) -> Result<Model, Refusal> {
        let debtor = self.debtor.map(checked).transpose()?;
        let debtor = debtor.or(seen_debtor(&row));
        let (debtor_name, debtor_iban, debtor_bic) = match debtor {
            Some(debtor) => (Some(debtor.name), Some(debtor.iban), debtor.bic),
            None => (None, None, None),
        };
        let creditor_id = self.creditor_id.as_deref().map(creditor::identifier).transpose()?;
        let after = Model {
            debtor_name,
            debtor_iban,
            debtor_bic,
            creditor_id: creditor_id.or(row.creditor_id),
            payout_min_minor: self.payout_min_minor.unwrap_or(row.payout_min_minor),
            points_per_minor: self.points_per_minor.unwrap_or(row.points_per_minor),
            payout_run_limit_minor: self
                .payout_run_limit_minor
                .unwrap_or(row.payout_run_limit_minor),
            settlement_period: self.settlement_period.unwrap_or(row.settlement_period),
            settlement_min_minor: self.settlement_min_minor.unwrap_or(row.settlement_min_minor),
            time_zone: self.time_zone.unwrap_or(row.time_zone),
            expiry_policy: self.expiry_policy.unwrap_or(row.expiry_policy),
            expiry_months: self.expiry_months.unwrap_or(row.expiry_months),
            expiry_grace_days: self.expiry_grace_days.unwrap_or(row.expiry_grace_days),
            pending_days: self.pending_days.unwrap_or(row.pending_days),
            rounding: self.rounding.unwrap_or(row.rounding),
            debt_policy: self.debt_policy.unwrap_or(row.debt_policy),
            sale_age_days_max: self.sale_age_days_max.unwrap_or(row.sale_age_days_max),
            claim_days: self.claim_days.unwrap_or(row.claim_days),
            hold_minutes_max: self.hold_minutes_max.unwrap_or(row.hold_minutes_max),
            adjustment_limit: self.adjustment_limit.unwrap_or(row.adjustment_limit),
            ..row
        };
        check(&after).map(|()| after)
    }
}

fn check(row: &Model) -> Result<(), Refusal> {
    if row.time_zone.parse::<Tz>().is_err() {
        let message = format!("{} isn't an IANA time zone such as Europe/Berlin.", row.time_zone);
        return Err(Refusal::new(Code::TimeZoneUnknown).because(message).at("timeZone"));
    }
    between("expiryMonths", row.expiry_months, 1, 120)?;
    between("expiryGraceDays", row.expiry_grace_days, 0, 365)?;
    between("pendingDays", row.pending_days, 0, 365)?;
    between("saleAgeDaysMax", row.sale_age_days_max, 1, 3650)?;
    between("claimDays", row.claim_days, 0, 365)?;
    between("holdMinutesMax", row.hold_minutes_max, 1, 43_200)?;
    between("settlementMinMinor", row.settlement_min_minor, 0, 10_000_000_000_000)?;
    between("payoutMinMinor", row.payout_min_minor, 1, 10_000_000_000_000)?;
    between("pointsPerMinor", row.points_per_minor, 0, 1_000_000)?;
    between("payoutRunLimitMinor", row.payout_run_limit_minor, 0, 10_000_000_000_000)
}

/// A debtor as a bank takes it.
fn checked(debtor: Debtor) -> Result<Debtor, Refusal> {
    let name = text::clean(&debtor.name, 70, Code::NameInvalid);
    // A name that banks can't write is none to them.
    let name = name.and_then(|name| match latin::name(&name) {
        Some(_) => Ok(name),
        None => Err(Refusal::new(Code::NameInvalid)),
    });
    let bic = debtor.bic.map(|bic| iban::bic(&bic).map_err(|r| r.at("debtor.bic"))).transpose()?;
    let iban = iban::electronic(&debtor.iban).map_err(|r| r.at("debtor.iban"))?;
    Ok(Debtor { name: name.map_err(|r| r.at("debtor.name"))?, iban, bic })
}

/// Who pays, if the programme says so.
fn seen_debtor(row: &Model) -> Option<Debtor> {
    let (name, iban) = (row.debtor_name.clone()?, row.debtor_iban.clone()?);
    Some(Debtor { name, iban, bic: row.debtor_bic.clone() })
}

fn between<N: Copy + PartialOrd + Display>(
    field: &str,
    value: N,
    min: N,
    max: N,
) -> Result<(), Refusal> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    let message = format!("{field} must be between {min} and {max}, not {value}.");
    Err(Refusal::new(Code::ValueOutOfRange).because(message).at(field))
}

/// A row whose settings are still to be applied.
pub(super) fn blank() -> Model {
    let Settings { time_zone, expiry_policy, rounding, debt_policy, .. } = Settings::default();
    Model {
        id: ProgrammeId::from_uuid(uuid::Uuid::nil()),
        code: String::new(),
        name: String::new(),
        points_code: String::new(),
        points_name: String::new(),
        currency: "EUR".parse().expect("EUR is an ISO 4217 code"),
        time_zone,
        expiry_policy,
        expiry_months: 1,
        expiry_grace_days: 0,
        pending_days: 0,
        rounding,
        debt_policy,
        sale_age_days_max: 1,
        claim_days: 0,
        hold_minutes_max: 1,
        adjustment_limit: Points::ZERO,
        payout_min_minor: 1,
        points_per_minor: 0,
        payout_run_limit_minor: 0,
        settlement_period: SettlementPeriod::Monthly,
        settlement_min_minor: 0,
        debtor_name: None,
        debtor_iban: None,
        debtor_bic: None,
        creditor_id: None,
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
    }
}

/// What the audit trail shows of a programme.
pub(super) fn seen(row: &Model) -> serde_json::Value {
    serde_json::json!({
        "name": row.name,
        "timeZone": row.time_zone,
        "expiryPolicy": row.expiry_policy,
        "expiryMonths": row.expiry_months,
        "expiryGraceDays": row.expiry_grace_days,
        "pendingDays": row.pending_days,
        "rounding": row.rounding,
        "debtPolicy": row.debt_policy,
        "saleAgeDaysMax": row.sale_age_days_max,
        "claimDays": row.claim_days,
        "holdMinutesMax": row.hold_minutes_max,
        "adjustmentLimit": row.adjustment_limit,
        "payoutMinMinor": row.payout_min_minor,
        "pointsPerMinor": row.points_per_minor,
        "payoutRunLimitMinor": row.payout_run_limit_minor,
        "settlementPeriod": row.settlement_period,
        "settlementMinMinor": row.settlement_min_minor,
        "debtor": seen_debtor(row),
        "creditorId": row.creditor_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: Change) -> Refusal {
        change.apply_to(Settings::default().apply_to(blank()).unwrap()).unwrap_err()
    }

    #[test]
    fn a_setting_out_of_bounds_is_refused_by_name() {
        let refusal = refused(Change { pending_days: Some(366), ..Change::default() });
        assert_eq!(
            (refusal.code, refusal.path.join(".")),
            (Code::ValueOutOfRange, "pendingDays".to_owned())
        );
        assert!(refusal.message.contains("between 0 and 365, not 366"));
    }

    #[test]
    fn a_time_zone_is_one_of_iana_s() {
        let refusal = refused(Change { time_zone: Some("Berlin".to_owned()), ..Change::default() });
        assert_eq!(refusal.code, Code::TimeZoneUnknown);
    }
}
