//! What an earning rule says, and how it is tried.

use async_graphql::{InputObject, OneofObject};
use entity::earning::definition::Period;
use entity::earning::earning_rule::RuleStatus;
use entity::ids::{CampaignId, PartnerId, PurchaseId, RuleId, StoreId};

use crate::graphql::enumeration::Enumeration;
use crate::graphql::money::Decimal;
use crate::graphql::scalars::{Date, DateTime, Id, Points};

/// What an earning rule says.
#[derive(InputObject)]
pub struct EarningRuleTermsInput {
    /// What members read, 1 to 200 characters.
    pub(in crate::graphql::earning) name: String,
    /// The code of the event type that it looks at; left out, it looks at receipts.
    pub(in crate::graphql::earning) event_type: Option<String>,
    /// At which partners, at most 500; at all if none is named.
    #[graphql(default)]
    pub(in crate::graphql::earning) partner_ids: Vec<Id<PartnerId>>,
    /// In which stores, at most 500; in all of those partners if none is named.
    #[graphql(default)]
    pub(in crate::graphql::earning) store_ids: Vec<Id<StoreId>>,
    /// When.
    pub(in crate::graphql::earning) schedule: Option<ScheduleInput>,
    /// A condition in CEL (<https://cel.dev>), at most 2,000 characters, that says yes or no over `purchase`
    /// (partner, store, channel, occurred_at, date, year, month, day, weekday, hour, minute, total, lines
    /// with sku, category, brand, quantity, amount, discount), over `member` (tier, tiers, segments,
    /// is_birthday, birthday_month, enrolled_at, days_enrolled, first_purchase, purchases and spend each by
    /// day, week, month, year, ever, and by days_7, days_30, days_90, days_365 up to the sale's own day,
    /// attributes), and over `event` (type, partner, attributes, and the same calendar) where it looks at
    /// events. Amounts are in minor units. Example: `purchase.lines.exists(l, l.category == "DELI") && member.purchases.week < 3`.
    pub(in crate::graphql::earning) condition: Option<String>,
    /// Which lines it is about, in CEL over `line` besides the above; all that earn at the partner if left
    /// out. Example: `line.category in ["DELI", "PASTRY"]`.
    pub(in crate::graphql::earning) lines: Option<String>,
    /// What it gives.
    pub(in crate::graphql::earning) effect: EarningEffectInput,
    /// Which rules are asked, and get what limits leave, first: the higher ones.
    #[graphql(default)]
    pub(in crate::graphql::earning) priority: i32,
    /// Of the rules of one stacking group the best one gives; without a group each does.
    pub(in crate::graphql::earning) group: Option<String>,
    /// How much of it a wallet gets, each period at most once.
    #[graphql(default)]
    pub(in crate::graphql::earning) limits: Vec<EarningLimitInput>,
    /// How much it gives in all.
    pub(in crate::graphql::earning) budget: Option<BudgetInput>,
    /// Who pays: shares that sum to 10,000; the selling partner if left out, or the campaign's funders.
    #[graphql(default)]
    pub(in crate::graphql::earning) funding: Vec<FunderInput>,
}

/// When something holds, in the programme's time zone.
#[derive(InputObject)]
pub struct ScheduleInput {
    /// From then on.
    pub(in crate::graphql::earning) from: Option<DateTime>,
    /// Until then, that moment not included.
    pub(in crate::graphql::earning) until: Option<DateTime>,
    /// On these days: 1 for Monday to 7 for Sunday; on all if none is named.
    #[graphql(default)]
    pub(in crate::graphql::earning) weekdays: Vec<i32>,
    /// Between these times of the day.
    pub(in crate::graphql::earning) hours: Option<HoursInput>,
}

/// Between two times of the day; past midnight where the second is the earlier.
#[derive(InputObject)]
pub struct HoursInput {
    /// In minutes from midnight, 0 to 1,439.
    pub(in crate::graphql::earning) from_minute: i32,
    /// In minutes from midnight, 0 to 1,440, not included.
    pub(in crate::graphql::earning) until_minute: i32,
}

/// What a rule gives: one of these.
#[derive(OneofObject)]
pub enum EarningEffectInput {
    /// Points in proportion to what was paid.
    PerAmount(PerAmountInput),
    /// A multiple of the base points.
    Multiplier(MultiplierInput),
    /// So many points.
    Fixed(FixedInput),
    /// So many points for each line.
    PerLine(PerLineInput),
    /// So many points from an amount on.
    Threshold(ThresholdInput),
    /// So many points each so many times.
    EveryNth(EveryNthInput),
    /// Stamps, and points for each card that they fill.
    Stamps(StampsInput),
    /// Money back.
    Cashback(CashbackEffectInput),
    /// Other dates for the points of the whole receipt.
    Dates(DatesInput),
}

/// Points in proportion to what was paid for the lines.
#[derive(InputObject)]
pub struct PerAmountInput {
    /// Thousandths of a point for each unit of settlement currency.
    pub(in crate::graphql::earning) millipoints: Points,
}

/// The base points of the lines, times that: what is more than once is given.
#[derive(InputObject)]
pub struct MultiplierInput {
    /// 20,000 is double; 10,001 to 1,000,000.
    pub(in crate::graphql::earning) factor_bp: i32,
}

/// So many points.
#[derive(InputObject)]
pub struct FixedInput {
    /// How many.
    pub(in crate::graphql::earning) points: Points,
}

/// So many points for each line.
#[derive(InputObject)]
pub struct PerLineInput {
    /// How many.
    pub(in crate::graphql::earning) points: Points,
    /// For each piece of it, if so; a line without pieces is one.
    #[graphql(default)]
    pub(in crate::graphql::earning) each_piece: bool,
}

/// So many points once what was paid for the lines reaches an amount.
#[derive(InputObject)]
pub struct ThresholdInput {
    /// The amount.
    pub(in crate::graphql::earning) minimum: Decimal,
    /// How many points.
    pub(in crate::graphql::earning) points: Points,
    /// Again for each further time the amount is reached, if so.
    #[graphql(default)]
    pub(in crate::graphql::earning) repeats: bool,
}

/// So many points each so many times that the rule holds for a wallet.
#[derive(InputObject)]
pub struct EveryNthInput {
    /// Each how many times, from 2 on.
    pub(in crate::graphql::earning) every: i32,
    /// How many points.
    pub(in crate::graphql::earning) points: Points,
}

/// Stamps that a wallet collects.
#[derive(InputObject)]
pub struct StampsInput {
    /// How many stamps fill a card.
    pub(in crate::graphql::earning) card: i32,
    /// Points for a full card.
    pub(in crate::graphql::earning) points: Points,
    /// A stamp for each piece of the lines, if so; else one for each receipt.
    #[graphql(default)]
    pub(in crate::graphql::earning) each_piece: bool,
}

/// Money back on what was paid for the lines.
#[derive(InputObject)]
pub struct CashbackEffectInput {
    /// Of what was paid, in basis points.
    pub(in crate::graphql::earning) share_bp: i32,
}

/// Other dates for the points of the whole receipt; at least one of the two.
#[derive(InputObject)]
pub struct DatesInput {
    /// Days until they can be spent, 0 to 3,650.
    pub(in crate::graphql::earning) pending_days: Option<i32>,
    /// Months until they expire, 1 to 600; nothing changes under expiry by inactivity.
    pub(in crate::graphql::earning) expiry_months: Option<i32>,
}

/// How much of a rule one wallet gets in a period of the programme's calendar; at least one of the two.
#[derive(InputObject)]
pub struct EarningLimitInput {
    /// Over what.
    pub(in crate::graphql::earning) period: Enumeration<Period>,
    /// How many times.
    pub(in crate::graphql::earning) count: Option<i32>,
    /// How many points.
    pub(in crate::graphql::earning) points: Option<Points>,
}

/// How much is given in all.
#[derive(InputObject)]
pub struct BudgetInput {
    /// In points, at most 50,000,000,000.
    pub(in crate::graphql::earning) points: Option<Points>,
    /// In what they cost whoever funds them.
    pub(in crate::graphql::earning) cost: Option<Decimal>,
}

/// A part of what a rule costs.
#[derive(InputObject)]
pub struct FunderInput {
    /// Who pays by its contract; the programme itself if left out.
    pub(in crate::graphql::earning) partner_id: Option<Id<PartnerId>>,
    /// Its part, in basis points.
    pub(in crate::graphql::earning) share_bp: i32,
    /// What the programme pays for a point; left out for partners.
    pub(in crate::graphql::earning) price: Option<Decimal>,
}

/// A rule to be drafted.
#[derive(InputObject)]
pub struct DraftEarningRuleInput {
    /// Unique in the programme: 1 to 64 lower-case letters, digits or hyphens.
    pub(in crate::graphql::earning) code: String,
    /// The campaign that it runs in.
    pub(in crate::graphql::earning) campaign_id: Option<Id<CampaignId>>,
    /// What it says.
    pub(in crate::graphql::earning) terms: EarningRuleTermsInput,
}

/// What a rule says from now on.
#[derive(InputObject)]
pub struct UpdateEarningRuleInput {
    /// Which.
    pub(in crate::graphql::earning) rule_id: Id<RuleId>,
    /// The version that was seen.
    pub(in crate::graphql::earning) expected_version: i32,
    /// All that it says.
    pub(in crate::graphql::earning) terms: EarningRuleTermsInput,
}

/// A rule that is launched, paused or ended.
#[derive(InputObject)]
pub struct SetEarningRuleStatusInput {
    /// Which.
    pub(in crate::graphql::earning) rule_id: Id<RuleId>,
    /// The version that was seen.
    pub(in crate::graphql::earning) expected_version: i32,
    /// What it is to be.
    pub(in crate::graphql::earning) status: Enumeration<RuleStatus>,
    /// From when; now if left out. Only the first launch may lie in the past.
    pub(in crate::graphql::earning) from: Option<DateTime>,
}

/// Which rule is tried, on what.
#[derive(InputObject)]
pub struct TestRuleInput {
    /// Which.
    pub(in crate::graphql::earning) rule: TriedRuleInput,
    /// On what.
    pub(in crate::graphql::earning) on: TriedOnInput,
}

/// Which rule is tried: one of these.
#[derive(OneofObject)]
pub enum TriedRuleInput {
    /// The latest version of this one.
    Id(Id<RuleId>),
    /// One that isn't written yet.
    Terms(Box<EarningRuleTermsInput>),
}

/// What a rule is tried on: one of these.
#[derive(OneofObject)]
pub enum TriedOnInput {
    /// One receipt.
    PurchaseId(Id<PurchaseId>),
    /// A day of the programme's calendar, of which the first 1,000 receipts are looked at.
    Day(Date),
}
