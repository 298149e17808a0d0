//! The coupon campaigns of the sample: whom a campaign's coupons were sent to is a segment, and a rule of
//! the campaign gives points for what the coupons cover, to the segment alone. The makers of the goods pay,
//! through the programme.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use csv::ReaderBuilder;
use entity::earning::definition::{
    Budget, CampaignTerms, Definition, Effect, Funder, Limit, Period, Schedule, Targets,
};
use entity::ids::MemberId;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service::earning::audience::MEMBERS_MAX;
use service::members::Enrol;
use service::{Actor, Error, Result, Services};

use super::rules::{launch, rule};

/// When each campaign ran; the folder's README says whose.
const CAMPAIGNS: &[u8] = include_bytes!("../../../assets/sample/campaigns.csv");
/// Whom each was sent to.
const AUDIENCE: &[u8] = include_bytes!("../../../assets/sample/campaign_audience.csv.gz");
/// What most of its coupons cover.
const CATEGORIES: &[u8] = include_bytes!("../../../assets/sample/coupon_categories.csv");
/// The most that a member gets of a campaign in a week.
const WEEKLY_POINTS: i64 = 200;
/// What the makers of the goods pay for a point, in micro-units.
const PRICE_MICROS: i64 = 10_000;

/// One campaign with its coupons.
struct Coupons {
    code: String,
    name: String,
    kind: Kind,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
    categories: Vec<String>,
    cards: BTreeSet<String>,
}

/// To how many, and how much, as the source tells three kinds apart.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Kind {
    /// Many coupons to many.
    #[serde(rename = "Type A")]
    A,
    /// Some to some.
    #[serde(rename = "Type B")]
    B,
    /// A few to a few.
    #[serde(rename = "Type C")]
    C,
}

#[derive(Deserialize)]
struct CampaignRow {
    campaign_id: u32,
    campaign_type: Kind,
    start_date: NaiveDate,
    end_date: NaiveDate,
}

#[derive(Deserialize)]
struct AudienceRow {
    campaign_id: u32,
    card_no: String,
}

#[derive(Deserialize)]
struct CategoryRow {
    campaign_id: u32,
    category: String,
}

fn rows<R: DeserializeOwned>(text: impl Read) -> Result<Vec<R>> {
    let rows = ReaderBuilder::new().from_reader(text).into_deserialize();
    rows.collect::<Result<_, _>>().map_err(Error::internal)
}

/// All campaigns of the sample.
fn all() -> Result<Vec<Coupons>> {
    let mut cards: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for row in rows::<AudienceRow>(GzDecoder::new(AUDIENCE))? {
        cards.entry(row.campaign_id).or_default().insert(row.card_no);
    }
    let mut categories: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for row in rows::<CategoryRow>(CATEGORIES)? {
        categories.entry(row.campaign_id).or_default().push(row.category);
    }
    let of = |row: CampaignRow| Coupons {
        code: format!("coupons-{:02}", row.campaign_id),
        name: format!("Coupons of campaign {}", row.campaign_id),
        kind: row.campaign_type,
        starts_on: row.start_date,
        ends_on: row.end_date,
        categories: categories.remove(&row.campaign_id).unwrap_or_default(),
        cards: cards.remove(&row.campaign_id).unwrap_or_default(),
    };
    Ok(rows::<CampaignRow>(CAMPAIGNS)?.into_iter().map(of).collect())
}

impl Coupons {
    fn terms(&self, shift: TimeDelta) -> CampaignTerms {
        let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc() + shift;
        let after = self.ends_on.checked_add_days(Days::new(1)).unwrap_or(self.ends_on);
        let points = match self.kind {
            Kind::A => 500_000,
            Kind::B => 50_000,
            Kind::C => 5_000,
        };
        CampaignTerms {
            name: self.name.clone(),
            schedule: Schedule {
                from: Some(midnight(self.starts_on)),
                until: Some(midnight(after)),
                ..Schedule::default()
            },
            audience: Some(format!("\"{}\" in member.segments", self.code)),
            budget: Budget { points: Some(points), cost_minor: None },
            funding: vec![Funder { partner: None, share_bp: 10_000, price_micros: PRICE_MICROS }],
            targets: Targets::default(),
        }
    }

    fn rule(&self) -> Definition {
        let named: Vec<String> =
            self.categories.iter().map(|category| format!("{category:?}")).collect();
        let effect = match self.kind {
            Kind::A => Effect::Multiplier { factor_bp: 20_000 },
            Kind::B => Effect::PerLine { points: 10, each_piece: false },
            Kind::C => Effect::PerLine { points: 25, each_piece: false },
        };
        let weekly = Limit { period: Period::Week, count: None, points: Some(WEEKLY_POINTS) };
        Definition {
            lines: Some(format!("line.category in [{}]", named.join(", "))),
            limits: vec![weekly],
            ..rule(&self.name, effect)
        }
    }
}

/// Writes and launches the campaigns, their dates moved like the receipts'.
pub(super) async fn prepare(
    services: &Services,
    actor: &Actor,
    (begin, shift): (DateTime<Utc>, TimeDelta),
) -> Result<()> {
    for coupons in all()? {
        let sent = format!("Was sent the {}", coupons.name.to_lowercase());
        services.earning.define_segment(actor, &coupons.code, &sent).await?;
        let campaign = (coupons.code.as_str(), coupons.terms(shift));
        let campaign = super::rules::campaign(services, actor, campaign, begin).await?;
        launch(services, actor, (&coupons.code, campaign, coupons.rule()), begin).await?;
    }
    Ok(())
}

/// Those of these cards that coupons were sent to are members from now on, and in the segments.
pub(super) async fn send(
    services: &Services,
    actor: &Actor,
    cards: &BTreeSet<String>,
) -> Result<()> {
    let all = all()?;
    let sent: BTreeSet<&String> = all.iter().flat_map(|coupons| &coupons.cards).collect();
    let mut members: BTreeMap<&String, MemberId> = BTreeMap::new();
    for card in sent.into_iter().filter(|card| cards.contains(*card)) {
        let wish = Enrol { card_number: card.clone(), partner_reference: None };
        members.insert(card, services.members.enrol(actor, wish).await?.member.id);
    }
    for coupons in &all {
        let of = |card: &String| members.get(card).copied();
        let audience: Vec<MemberId> = coupons.cards.iter().filter_map(of).collect();
        for some in audience.chunks(MEMBERS_MAX) {
            services.earning.assign_segment(actor, &coupons.code, (some, &[])).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    //! What the files hold.

    use super::*;

    #[test]
    fn each_campaign_was_sent_to_somebody_and_covers_something() {
        let all = all().unwrap();
        assert_eq!(all.len(), 19);
        for coupons in all {
            assert!(!coupons.cards.is_empty() && !coupons.categories.is_empty());
            assert!(coupons.categories.len() <= 10 && coupons.starts_on < coupons.ends_on);
        }
    }

    #[test]
    fn a_campaign_is_for_its_segment_from_its_first_day_to_its_last() {
        let all = all().unwrap();
        let coupons = all.iter().find(|own| own.code == "coupons-26").unwrap();
        let terms = coupons.terms(TimeDelta::weeks(1));
        assert_eq!(terms.audience.as_deref(), Some("\"coupons-26\" in member.segments"));
        let moment = |text: &str| Some(text.parse::<DateTime<Utc>>().unwrap());
        assert_eq!(terms.schedule.from, moment("2017-01-04T00:00:00Z"));
        assert_eq!(terms.schedule.until, moment("2017-02-27T00:00:00Z"));
    }
}
