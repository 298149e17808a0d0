//! Why a balance changed, as the entry keeps it and the member reads it.

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::{AdjustmentId, EventId, HouseholdId, PartnerId, ReturnId, RewardClaimId};
pub use entity::ledger::entry::DueRule;
use serde::{Deserialize, Serialize};

use crate::earning::Explanation;

/// A cause, and the figures that the ledger found on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What it was about.
    pub cause: Cause,
    /// What the ledger did about it.
    #[serde(default)]
    pub figures: Figures,
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Cause {
    /// A receipt earned points.
    Receipt {
        /// Its number.
        receipt_number: String,
        /// How the points came about.
        earning: Explanation,
    },
    /// Goods of a receipt came back.
    Return {
        /// Which return.
        return_id: ReturnId,
        /// The receipt's number.
        receipt_number: String,
        /// What came back, in minor units.
        amount_minor: i64,
        /// How the rest of the receipt earns now.
        earning: Explanation,
    },
    /// A member did something besides buying.
    Event {
        /// Which event.
        event: EventId,
        /// Its type's code.
        kind: String,
        /// How the points came about.
        earning: Option<Explanation>,
    },
    /// Points pay at a partner: held, captured, released, paid or reversed.
    Payment {
        /// The partner's own reference.
        reference: Option<String>,
    },
    /// Points pay for a reward.
    Claim {
        /// Which claim.
        claim: RewardClaimId,
        /// What the reward was called in its default language.
        title: String,
        /// Who delivers it, if somebody else does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supply: Option<Supplied>,
    },
    /// A member gives points to another.
    Transfer {
        /// What the giver wrote.
        note: Option<String>,
    },
    /// A household pools.
    Household {
        /// Which one.
        household: HouseholdId,
    },
    /// A member's cashback became points.
    Cashback {
        /// How much, in minor units.
        amount_minor: i64,
    },
    /// An operator changed the balance.
    Adjustment {
        /// Which one.
        adjustment: AdjustmentId,
        /// In the operator's words.
        note: String,
    },
    /// An operator let a debt go.
    WriteOff {
        /// In the operator's words.
        note: String,
    },
    /// It was due.
    Due {
        /// Since when.
        due_at: DateTime<Utc>,
        /// By which rule.
        rule: DueRule,
    },
}

/// A partner delivers what points paid for, and is owed for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supplied {
    /// Which.
    pub partner: PartnerId,
    /// How much, in micro-units of the settlement currency.
    pub cost_micros: i64,
}

/// Who delivers what an entry paid for, read from the stored reason.
pub(crate) fn supplied(stored: &serde_json::Value) -> Option<Supplied> {
    Supplied::deserialize(stored.get("cause")?.get("supply")?).ok()
}

/// What the ledger did, in points. Zeros are left out of the stored form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Went to what the member owed.
    #[serde(skip_serializing_if = "Points::is_zero_ref")]
    pub debt_filled: Points,
    /// A hold's rest that went back.
    #[serde(skip_serializing_if = "Points::is_zero_ref")]
    pub given_back: Points,
    /// A return took from the purchase's own points.
    #[serde(skip_serializing_if = "Points::is_zero_ref")]
    pub recovered: Points,
    /// A return took from the wallet's other points.
    #[serde(skip_serializing_if = "Points::is_zero_ref")]
    pub from_other_lots: Points,
    /// A return left the member owing.
    #[serde(skip_serializing_if = "Points::is_zero_ref")]
    pub owed: Points,
    /// A return forgave.
    #[serde(skip_serializing_if = "Points::is_zero_ref")]
    pub forgiven: Points,
    /// Had expired before the return.
    #[serde(skip_serializing_if = "Points::is_zero_ref")]
    pub excused: Points,
    /// The same by part of the purchase's points, where it had several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excused_parts: Vec<(i32, Points)>,
}

impl Figures {
    /// What of a part had expired before the return.
    pub(crate) fn excused_of(&self, part: i32) -> Points {
        let own = self.excused_parts.iter().find(|(own, _)| *own == part);
        own.map_or(Points::ZERO, |(_, points)| *points)
    }
}

impl Reason {
    /// The stored form.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The stored form with the figures put in.
    pub(crate) fn with_figures(stored: &serde_json::Value, figures: &Figures) -> serde_json::Value {
        let mut stored = stored.clone();
        if let Some(reason) = stored.as_object_mut() {
            reason.insert("figures".to_owned(), serde_json::to_value(figures).unwrap_or_default());
        }
        stored
    }

    /// Reads the stored form.
    pub fn from_json(stored: &serde_json::Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(stored)
    }
}
