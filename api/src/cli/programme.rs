//! `florin programme create`: a programme and its first operator. Whoever has a shell on the machine
//! owns the installation, so this door is here and not in the schema.

use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use entity::amount::Points;
use entity::programmes::programme::{DebtPolicy, ExpiryPolicy, Rounding, SettlementPeriod};

use service::programmes::{Create, Settings};

use super::{Failure, books};
use crate::config::{Site, Storage};

/// Create a programme
#[derive(Args, Debug)]
pub(super) struct Programme {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Create(CreateProgramme),
}

/// Create a programme and its first operator
///
/// A programme is one coalition: its points, its currency, its rules. All that it holds is its own.
/// Most of what is set here an operator can amend later; its code, its points and its currency stay.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Example:
  florin programme create arno --name 'Arno Card' --currency EUR --time-zone Europe/Rome \\
      --points-code FLR --points-name Florins --operator 'Ana Bianchi'")]
struct CreateProgramme {
    /// A short code of its own, as `arno`
    code: String,
    /// What people call it
    #[arg(long)]
    name: String,
    /// The settlement currency, as ISO 4217 has it
    #[arg(long, value_name = "CODE")]
    currency: String,
    /// What one point is called on a screen, as `FLR`
    #[arg(long, value_name = "CODE", default_value = "PTS")]
    points_code: String,
    /// What points are called in a sentence
    #[arg(long, value_name = "NAME", default_value = "Points")]
    points_name: String,
    /// Who runs it first
    #[arg(long, value_name = "NAME", default_value = "operator")]
    operator: String,
    #[command(flatten)]
    rules: Rules,
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    site: Site,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Rules")]
struct Rules {
    /// Where its days begin, as an IANA name
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: String,
    /// When points expire
    #[arg(long, value_name = "POLICY", default_value = "end-of-month", value_parser = one_of(ExpiryPolicy::ALL, ExpiryPolicy::name))]
    expiry: ExpiryPolicy,
    /// After how many months points expire, 1 to 120
    #[arg(long, value_name = "MONTHS", default_value = "24")]
    expiry_months: i32,
    /// How long points live that come back after they expired, 0 to 365
    #[arg(long, value_name = "DAYS", default_value = "30")]
    expiry_grace_days: i32,
    /// From a purchase until its points can be spent, 0 to 365
    #[arg(long, value_name = "DAYS", default_value = "14")]
    pending_days: i32,
    /// How the points of a purchase become whole
    #[arg(long, value_name = "RULE", default_value = "down", value_parser = one_of(Rounding::ALL, Rounding::name))]
    rounding: Rounding,
    /// What becomes of points that a return can't take back
    #[arg(long, value_name = "POLICY", default_value = "allow-debt", value_parser = one_of(DebtPolicy::ALL, DebtPolicy::name))]
    debt: DebtPolicy,
    /// How old a sale may be when it is sent in, 1 to 3650
    #[arg(long, value_name = "DAYS", default_value = "60")]
    sale_age_days_max: i32,
    /// How long a receipt of an unknown card can be claimed, 0 to 365
    #[arg(long, value_name = "DAYS", default_value = "90")]
    claim_days: i32,
    /// How long a hold may stand, 1 to 43200
    #[arg(long, value_name = "MINUTES", default_value = "60")]
    hold_minutes_max: i32,
    /// An adjustment of more points needs a second operator
    #[arg(long, value_name = "POINTS", default_value = "0", value_parser = points)]
    adjustment_limit: Points,
    /// How often partners are billed
    #[arg(long, value_name = "PERIOD", default_value = "monthly", value_parser = one_of(SettlementPeriod::ALL, SettlementPeriod::name))]
    settlement: SettlementPeriod,
}

impl Programme {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let What::Create(wish) = self.what;
        let services = books::open_or_make(&wish.storage, &wish.site).await?;
        let (programme, operator) = services.programmes.create(wish.into()).await?;
        println!("programme {} is {}", programme.code, programme.id);
        println!("operator {} is {}", operator.name, operator.id);
        Ok(ExitCode::SUCCESS)
    }
}

impl From<CreateProgramme> for Create {
    fn from(wish: CreateProgramme) -> Self {
        let CreateProgramme {
            code, name, currency, points_code, points_name, operator, rules, ..
        } = wish;
        Self { code, name, points_code, points_name, currency, settings: rules.into(), operator }
    }
}

impl From<Rules> for Settings {
    fn from(rules: Rules) -> Self {
        Self {
            time_zone: rules.time_zone,
            expiry_policy: rules.expiry,
            expiry_months: rules.expiry_months,
            expiry_grace_days: rules.expiry_grace_days,
            pending_days: rules.pending_days,
            rounding: rules.rounding,
            debt_policy: rules.debt,
            sale_age_days_max: rules.sale_age_days_max,
            claim_days: rules.claim_days,
            hold_minutes_max: rules.hold_minutes_max,
            adjustment_limit: rules.adjustment_limit,
            settlement_period: rules.settlement,
            ..Self::default()
        }
    }
}

/// Takes one of the domain's own words, as a command line spells it: `END_OF_MONTH` is `end-of-month`.
fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let spelled = move |value: T| name(value).to_lowercase().replace('_', "-");
    PossibleValuesParser::new(all.iter().map(|value| spelled(*value))).map(move |text| {
        let found = all.iter().find(|value| spelled(**value) == text);
        *found.expect("clap lets only these words through")
    })
}

fn points(text: &str) -> Result<Points, String> {
    let right = || "expected whole points, at most 9007199254740991".to_owned();
    text.parse().ok().and_then(|points: i64| Points::new(points).ok()).ok_or_else(right)
}

#[cfg(test)]
mod tests {
    //! Flags as they become a programme.

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        programme: CreateProgramme,
    }

    fn wish(flags: &str) -> Result<Create, String> {
        let words =
            "florin arno --name Arno --currency EUR".split(' ').chain(flags.split_whitespace());
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        Ok(line.programme.into())
    }

    #[test]
    fn what_is_not_said_is_as_most_programmes_begin() {
        let settings = wish("").unwrap().settings;
        assert_eq!(format!("{settings:?}"), format!("{:?}", Settings::default()));
    }

    #[test]
    fn a_policy_is_one_of_the_domain_s_words() {
        let settings = wish("--expiry inactivity --debt forgive").unwrap().settings;
        assert_eq!(settings.expiry_policy.name(), "INACTIVITY");
        assert_eq!(settings.debt_policy.name(), "FORGIVE");
        assert!(wish("--expiry never").unwrap_err().contains("end-of-month"));
    }

    #[test]
    fn a_limit_is_whole_points() {
        assert_eq!(wish("--adjustment-limit 500").unwrap().settings.adjustment_limit.get(), 500);
        assert!(wish("--adjustment-limit 1.5").unwrap_err().contains("whole points"));
    }
}
