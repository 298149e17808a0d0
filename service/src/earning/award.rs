//! What a rule gave, and why: kept with the entry for the member to read, and with the purchase so that a
//! return is decided alike.

use entity::amount::Points;
use entity::earning::definition::CapKind;
use entity::ids::{CampaignId, PartnerId, RuleId};
use entity::ledger::lot::Terms;
use serde::{Deserialize, Serialize};

/// What a rule gave, with its arithmetic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Award {
    /// The rule.
    pub rule: RuleId,
    /// Its code.
    pub code: String,
    /// Its name at the time.
    pub name: String,
    /// The version that gave it.
    pub version: i32,
    /// The campaign that it ran in, and its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<(CampaignId, i32)>,
    /// The places on the receipt, from 0, of the lines that it was about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<usize>,
    /// The arithmetic before limits.
    #[serde(default)]
    pub exact: String,
    /// What it came to before limits.
    pub wanted: Points,
    /// What limits cut off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
    /// What it gave.
    pub points: Points,
    /// Money back, in minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cashback_minor: i64,
    /// Its place among what the receipt keeps, where it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<i32>,
    /// Of a return: the money that it had still given before it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cashback_before_minor: i64,
    /// Stamps that it gave.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stamps: i64,
    /// Other dates for the points of the whole receipt.
    #[serde(default, skip_serializing_if = "Dates::are_usual")]
    pub dates: Dates,
    /// Who pays, by share.
    #[serde(default)]
    pub funding: Vec<(Option<PartnerId>, i32)>,
}

/// Dates of points that a rule says instead of the programme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dates {
    /// Days until they can be spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_days: Option<u32>,
    /// Months until they expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry_months: Option<u32>,
}

impl Dates {
    /// Whether they are the programme's.
    pub fn are_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Of these, what nothing that was asked before has said; that stands from now on.
    pub(super) fn said_first(&mut self, other: Self) -> Self {
        let said = Self {
            pending_days: other.pending_days.filter(|_| self.pending_days.is_none()),
            expiry_months: other.expiry_months.filter(|_| self.expiry_months.is_none()),
        };
        self.pending_days = self.pending_days.or(said.pending_days);
        self.expiry_months = self.expiry_months.or(said.expiry_months);
        said
    }
}

/// A limit that cut something off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// Which.
    pub kind: CapKind,
    /// How many points it cut.
    pub cut: Points,
}

pub(super) fn funding(terms: &Terms) -> Vec<(Option<PartnerId>, i32)> {
    terms.shares.iter().map(|share| (share.partner, share.share_bp.get())).collect()
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}
