//! Ids: one type each, so that a member's can't stand where a partner's belongs.
//!
//! In the tables they are UUIDv7, made by us, so that they sort by age; on the wire they are
//! TypeIDs (`mem_01h2xcejqtf2nbrexx3vqjhp41`). A time comes in as an argument, never from a clock.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use uuid::{NoContext, Timestamp, Uuid};

use crate::typeid;

/// A text that isn't an id of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind: expected {prefix}_ and 26 characters of base32")]
pub struct MalformedId {
    prefix: &'static str,
}

/// What all ids share; lets generic code name an id's prefix.
pub trait TypedId: Copy + Eq + fmt::Display + FromStr<Err = MalformedId> + Send + Sync {
    /// What the text form begins with, without the underscore.
    const PREFIX: &'static str;
    /// The UUID below.
    fn uuid(self) -> Uuid;
}

/// A UUIDv7 that sorts at `at`, with 74 random bits.
pub fn uuid_at(at: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, at.timestamp_subsec_nanos()))
}

/// The `n`-th id after `base`: the same each time, near it in order, and never another's but by a
/// chance of one in 2^62. For what one command makes besides its entry.
pub fn nth(base: Uuid, n: u32) -> Uuid {
    let bits = base.as_u128();
    Uuid::from_u128((bits & !LOW) | ((bits & LOW).wrapping_add(u128::from(n)) & LOW))
}

/// The ids among which all are that [`nth`] makes of `base`.
pub fn near(base: Uuid) -> RangeInclusive<Uuid> {
    let bits = base.as_u128();
    Uuid::from_u128(bits & !LOW)..=Uuid::from_u128(bits | LOW)
}

/// The bits that ids made of one differ in.
const LOW: u128 = (1 << 62) - 1;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id that sorts at `at`.
            pub fn at(at: DateTime<Utc>) -> Self {
                Self(uuid_at(at))
            }

            /// The id with this UUID.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID below, for SQL.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl TypedId for $name {
            const PREFIX: &'static str = $prefix;
            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), typeid::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;
            fn from_str(text: &str) -> Result<Self, MalformedId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(typeid::decode)
                    .map(Self)
                    .ok_or(MalformedId { prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }

        /// Asked for by SeaORM of every primary key; a UUID is none of the numbers it means.
        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )*};
}

ids! {
    /// A programme: one coalition.
    ProgrammeId "prg";
    /// A person who runs a programme.
    OperatorId "opr";
    /// A partner business.
    PartnerId "ptn";
    /// One of a partner's stores.
    StoreId "sto";
    /// One version of a partner's contract.
    ContractId "ctr";
    /// A partner's machine client.
    ApiClientId "cli";
    /// A member.
    MemberId "mem";
    /// A household whose members share a wallet.
    HouseholdId "hhd";
    /// A member's card.
    CardId "crd";
    /// What holds a member's or household's points.
    WalletId "wal";
    /// One immutable event of the ledger.
    EntryId "ent";
    /// Points of one earning.
    LotId "lot";
    /// One receipt.
    PurchaseId "pur";
    /// Goods brought back.
    ReturnId "ret";
    /// Points set aside.
    HoldId "hld";
    /// One immutable event of a cashback wallet.
    CashbackEntryId "cbe";
    /// Cashback on its way to a bank account.
    PayoutId "pyo";
    /// Payouts in one file for the bank.
    PayoutRunId "pyr";
    /// An operator's change of a balance.
    AdjustmentId "adj";
    /// What says for what points are given.
    RuleId "rul";
    /// Rules that run together, with a window, an audience and a budget.
    CampaignId "cmp";
    /// Something a member did besides buying.
    EventId "evt";
    /// A past period under other rules.
    SimulationId "sim";
    /// What one operator proposed for another to approve.
    ProposalId "prp";
    /// An OpenID provider that a programme trusts.
    IdentityProviderId "idp";
    /// A ladder of tiers.
    TierSetId "tis";
    /// One change of a wallet's tier.
    TierChangeId "tic";
    /// A tier that was given.
    TierGrantId "tig";
    /// What members can pay for.
    MembershipPlanId "mpl";
    /// A member's paid membership.
    MembershipId "msh";
    /// A payment for a membership.
    MembershipPaymentId "mpy";
    /// A settlement cycle.
    SettlementCycleId "cyc";
    /// A partner's statement for a cycle.
    SettlementStatementId "stm";
    /// Money that a partner paid, or was paid.
    SettlementPaymentId "spm";
    /// What a bank says moved on the programme's account.
    BankTransactionId "btx";
    /// What corrects a partner's account.
    SettlementAdjustmentId "sad";
    /// What a partner disputes.
    DisputeId "dsp";
    /// A partner's record, compared with the books.
    ReconciliationId "rcn";
    /// One thing that the record or the books have.
    ReconciliationItemId "rci";
    /// A past cycle under other terms.
    ContractSimulationId "csi";
    /// Something that points can be spent on.
    RewardId "rwd";
    /// Codes to be given to whoever claims a reward.
    CodePoolId "cpl";
    /// A reward that a member has claimed.
    RewardClaimId "clm";
    /// What is shown to have a claimed reward.
    VoucherId "vch";
    /// A voucher shown at a till.
    VoucherUseId "vus";
    /// What takes something off a sale.
    CouponId "cpn";
    /// What became of a coupon that a receipt named.
    CouponRedemptionId "cpr";
    /// One row of the audit trail.
    AuditId "aud";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_refuses_another_kind() {
        let member = MemberId::at(DateTime::UNIX_EPOCH);
        assert_eq!(member.to_string().parse(), Ok(member));
        assert!(member.to_string().parse::<PartnerId>().is_err());
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made_at() {
        let earlier = EntryId::at(DateTime::UNIX_EPOCH);
        let later = EntryId::at(DateTime::UNIX_EPOCH + chrono::TimeDelta::milliseconds(1));
        assert!(earlier < later && earlier.to_string() < later.to_string());
    }
}
