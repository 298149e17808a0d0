//! What an operator writes: a rule's terms, and a campaign's. Kept as they are in a version's document;
//! never changed, only followed by the next version.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use crate::ids::{PartnerId, StoreId};
use crate::text_enum::text_enum;

/// Everything about a rule that a version fixes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Definition {
    /// What people call it; the member reads it.
    pub name: String,
    /// What it looks at.
    pub trigger: Trigger,
    /// At which partners; at all if none is named.
    #[serde(default)]
    pub partners: Vec<PartnerId>,
    /// In which stores; in all of those partners if none is named.
    #[serde(default)]
    pub stores: Vec<StoreId>,
    /// When.
    #[serde(default)]
    pub schedule: Schedule,
    /// In CEL; always if there is none.
    #[serde(default)]
    pub condition: Option<String>,
    /// Which lines of the receipt it is about, in CEL; all if not said.
    #[serde(default)]
    pub lines: Option<String>,
    /// What it gives.
    pub effect: Effect,
    /// The higher ones are asked, and get what limits leave, first.
    #[serde(default)]
    pub priority: i32,
    /// Of the rules of one group the best one gives; without a group each does.
    #[serde(default)]
    pub group: Option<String>,
    /// How much of it a wallet gets.
    #[serde(default)]
    pub limits: Vec<Limit>,
    /// How much there is in all.
    #[serde(default)]
    pub budget: Budget,
    /// Who pays; the selling partner if nobody is named, the campaign's funders if it has some.
    #[serde(default)]
    pub funding: Vec<Funder>,
}

/// What makes a rule be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Trigger {
    /// A receipt.
    Purchase,
    /// A custom event of this type.
    Event(String),
}

/// When a rule holds, in the programme's time zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Schedule {
    /// From then on.
    pub from: Option<DateTime<Utc>>,
    /// Until then, this moment not included.
    pub until: Option<DateTime<Utc>>,
    /// On these days, 1 for Monday to 7 for Sunday; on all if none is named.
    pub weekdays: Vec<u32>,
    /// Between these minutes of the day, the second not included; past midnight if it is the smaller.
    pub minutes: Option<(u32, u32)>,
}

/// What a rule gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Effect {
    /// Points in proportion to what was paid.
    PerAmount {
        /// Thousandths of a point for each unit of settlement currency.
        millipoints: i64,
    },
    /// The base points of the lines, times that; what is more than once is given.
    Multiplier {
        /// 20,000 is double.
        factor_bp: i64,
    },
    /// So many points.
    Fixed {
        /// How many.
        points: i64,
    },
    /// So many points for each line.
    PerLine {
        /// How many.
        points: i64,
        /// For each piece of it, if so.
        each_piece: bool,
    },
    /// So many points from an amount on.
    Threshold {
        /// Minor units of settlement currency.
        minimum_minor: i64,
        /// How many.
        points: i64,
        /// Again for each further time the amount is reached, if so.
        repeats: bool,
    },
    /// So many points each so many times.
    EveryNth {
        /// Each how many times.
        every: i64,
        /// How many.
        points: i64,
    },
    /// Stamps, and points for each card that they fill.
    Stamps {
        /// How many stamps fill a card.
        card: i64,
        /// Points for a full card.
        points: i64,
        /// A stamp for each piece, if so; else one for each purchase.
        each_piece: bool,
    },
    /// Money back.
    Cashback {
        /// Of what was paid.
        share_bp: i64,
    },
    /// Other dates for the points of the whole purchase.
    Dates {
        /// Days until they can be spent.
        pending_days: Option<u32>,
        /// Months until they expire.
        expiry_months: Option<u32>,
    },
}

text_enum! {
    /// What a limit counts over.
    Period {
        /// A day.
        Day "DAY",
        /// A week, from Monday on.
        Week "WEEK",
        /// A month.
        Month "MONTH",
        /// A year.
        Year "YEAR",
        /// All time.
        Ever "EVER",
    }
}

/// How much of a rule one wallet gets in a period of the programme's calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Over what.
    pub period: Period,
    /// How many times.
    #[serde(default)]
    pub count: Option<i64>,
    /// How many points.
    #[serde(default)]
    pub points: Option<i64>,
}

/// How much a rule or campaign may give in all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// In points.
    pub points: Option<i64>,
    /// In what they cost whoever funds them, in minor units.
    pub cost_minor: Option<i64>,
}

impl Budget {
    /// Whether it bounds anything.
    pub fn is_some(&self) -> bool {
        self.points.is_some() || self.cost_minor.is_some()
    }
}

/// A part of what a rule costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funder {
    /// Who pays by its contract; the programme itself if none.
    pub partner: Option<PartnerId>,
    /// Its part.
    pub share_bp: i32,
    /// What the programme pays for a point, in micro-units; partners pay by their contracts.
    #[serde(default)]
    pub price_micros: i64,
}

/// Everything about a campaign that a version fixes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct CampaignTerms {
    /// What people call it.
    pub name: String,
    /// When its rules hold.
    #[serde(default)]
    pub schedule: Schedule,
    /// Of whom, in CEL over `member`; of everybody if not said.
    #[serde(default)]
    pub audience: Option<String>,
    /// How much its rules give together.
    #[serde(default)]
    pub budget: Budget,
    /// Who pays where a rule names nobody.
    #[serde(default)]
    pub funding: Vec<Funder>,
    /// What it is to reach, to be compared with what it did.
    #[serde(default)]
    pub targets: Targets,
}

/// What a campaign is to reach by its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Targets {
    /// Members who get something of it.
    pub members: Option<i64>,
    /// Purchases that it gives for.
    pub purchases: Option<i64>,
    /// What is paid in those, in minor units.
    pub revenue_minor: Option<i64>,
}

text_enum! {
    /// What cut points off.
    CapKind {
        /// The rule gives a wallet so many times in the period.
        WalletCount "WALLET_COUNT",
        /// The rule gives a wallet so many points in the period.
        WalletPoints "WALLET_POINTS",
        /// The rule's budget.
        RuleBudget "RULE_BUDGET",
        /// The campaign's budget.
        CampaignBudget "CAMPAIGN_BUDGET",
        /// A partner that should pay has no contract in force.
        FunderWithoutContract "FUNDER_WITHOUT_CONTRACT",
        /// A partner that should pay owes as much as its contract lets it, or would: then nothing is given.
        PartnerCreditExceeded "PARTNER_CREDIT_EXCEEDED",
    }
}

text_enum! {
    /// Why a rule gave nothing for a receipt: the first thing that wasn't so.
    Why {
        /// It did give something.
        Gave "GAVE",
        /// The receipt has no member.
        NoMember "NO_MEMBER",
        /// No version of it was in force and live when the receipt was made.
        NotLive "NOT_LIVE",
        /// It looks at events, not at receipts.
        OnEvents "ON_EVENTS",
        /// It is for other partners.
        Partner "PARTNER",
        /// It is for other stores.
        Store "STORE",
        /// It holds on other dates, weekdays or hours.
        Schedule "SCHEDULE",
        /// Its campaign wasn't live.
        Campaign "CAMPAIGN",
        /// The member isn't in its campaign's audience; the part says what was false.
        Audience "AUDIENCE",
        /// Its condition was false; the part says which of those joined by &&.
        Condition "CONDITION",
        /// No line of the receipt is one that it is about.
        NoLines "NO_LINES",
        /// It came to nothing: a threshold that wasn't reached, or not the time that counts.
        Nothing "NOTHING",
        /// Another rule of its group gave more; the part names it.
        Beaten "BEATEN",
        /// A limit or budget cut all of it off.
        Cut "CUT",
        /// It would give something now; when the receipt was recorded it wasn't known yet.
        Later "LATER",
    }
}
