//! What operators say about partners.

use async_graphql::InputObject;
use entity::ids::{ApiClientId, PartnerId, StoreId};
use entity::partners::contract::{Funding, OnUs};
use entity::partners::partner::ReceiptScope;
use entity::partners::partner_bank_account::MandateScheme;
use service::bank::{Mandate, Party};
use service::partners::{Roles, SetAccount, Sign};
use service::{Code, Refusal};

use crate::graphql::enumeration::Enumeration;
use crate::graphql::money::Decimal;
use crate::graphql::scalars::{BasisPoints, Date, DateTime, Id, Points};

/// What a partner may do.
#[derive(InputObject)]
pub struct RolesInput {
    /// `ISSUES`: its purchases earn points.
    is_issuer: bool,
    /// `ACCEPTS`: members pay with points there.
    is_acceptor: bool,
    /// `SUPPLIES`: it delivers third-party rewards.
    #[graphql(default)]
    is_supplier: bool,
}

impl From<RolesInput> for Roles {
    fn from(input: RolesInput) -> Self {
        Self { issues: input.is_issuer, accepts: input.is_acceptor, supplies: input.is_supplier }
    }
}

/// A partner to be taken in.
#[derive(InputObject)]
pub struct OnboardPartnerInput {
    /// Unique in the programme: 1 to 64 lower-case letters, digits or hyphens.
    pub(super) code: String,
    /// 1 to 200 characters.
    pub(super) name: String,
    /// What it may do.
    pub(super) roles: RolesInput,
    /// Within what its receipt numbers are unique. It can't be changed later.
    pub(super) receipt_scope: Enumeration<ReceiptScope>,
    /// Thousandths of a point for each unit of settlement currency; 0 to 1,000,000,000.
    pub(super) base_rate_millipoints: Points,
    /// Categories that earn nothing, at most 500.
    #[graphql(default)]
    pub(super) excluded_categories: Vec<String>,
    /// How much of what counts comes back as money, on top of points; nothing if left out.
    pub(super) cashback_bp: Option<BasisPoints>,
}

/// What changes about a partner; what is left out stays.
#[derive(InputObject)]
pub struct UpdatePartnerInput {
    /// Which.
    pub(super) partner_id: Id<PartnerId>,
    /// The version that was seen.
    pub(super) expected_version: i32,
    /// 1 to 200 characters.
    pub(super) name: Option<String>,
    /// What it may do.
    pub(super) roles: Option<RolesInput>,
    /// Thousandths of a point for each unit of settlement currency; 0 to 1,000,000,000.
    pub(super) base_rate_millipoints: Option<Points>,
    /// Categories that earn nothing, at most 500.
    pub(super) excluded_categories: Option<Vec<String>>,
    /// How much of what counts comes back as money.
    pub(super) cashback_bp: Option<BasisPoints>,
}

/// A partner that stops selling and taking points.
#[derive(InputObject)]
pub struct SuspendPartnerInput {
    /// Which.
    pub(super) partner_id: Id<PartnerId>,
}

/// A partner that takes part again.
#[derive(InputObject)]
pub struct ReinstatePartnerInput {
    /// Which.
    pub(super) partner_id: Id<PartnerId>,
}

/// A store to be opened.
#[derive(InputObject)]
pub struct AddStoreInput {
    /// Whose.
    pub(super) partner_id: Id<PartnerId>,
    /// The partner's own code for it, unique within the partner, 1 to 64 characters.
    pub(super) code: String,
    /// 1 to 200 characters.
    pub(super) name: String,
}

/// A store that closes.
#[derive(InputObject)]
pub struct CloseStoreInput {
    /// Which.
    pub(super) store_id: Id<StoreId>,
}

/// The terms of a contract's next version.
#[derive(InputObject)]
pub struct SignContractInput {
    /// Whose.
    partner_id: Id<PartnerId>,
    /// From when: no earlier than the version before it and, unless it is the first, not in the past.
    valid_from: DateTime,
    /// When the partner pays for its points.
    funding: Enumeration<Funding>,
    /// Under `HYBRID` the share due at issue; else leave it out.
    issue_share_bp: Option<BasisPoints>,
    /// What it pays for a point that it issues, in settlement currency, to the micro-unit: `"0.012"`.
    issue_price: Decimal,
    /// What it is paid for a point spent there, in settlement currency, to the micro-unit.
    acceptance_price: Decimal,
    /// The programme's fee on the money value that it issues.
    service_fee_bp: BasisPoints,
    /// Its share of the reserve set free when its points expire.
    breakage_share_bp: BasisPoints,
    /// How points spent where they were issued are settled.
    on_us: Enumeration<OnUs>,
    /// The most that it may owe unsettled, in minor units of the settlement currency, 0 to
    /// 9,000,000,000,000; without limit if left out.
    credit_limit_minor: Option<Points>,
    /// What it may owe before the operator is told, in minor units, at most the limit.
    credit_alert_minor: Option<Points>,
    /// Days to pay a statement, 0 to 365.
    payment_days: i32,
    /// Days to dispute a line of it, 0 to 365.
    dispute_days: i32,
    /// The tax code on its lines, 1 to 32 characters.
    tax_code: String,
}

impl SignContractInput {
    pub(super) fn wish(self) -> Result<Sign, Refusal> {
        Ok(Sign {
            partner: self.partner_id.0,
            valid_from: self.valid_from.0,
            funding: self.funding.0,
            issue_share_bp: self.issue_share_bp.map(|share| share.0),
            issue_price_micros: micros(self.issue_price, "issuePrice")?,
            acceptance_price_micros: micros(self.acceptance_price, "acceptancePrice")?,
            service_fee_bp: self.service_fee_bp.0,
            breakage_share_bp: self.breakage_share_bp.0,
            on_us: self.on_us.0,
            credit_limit_minor: self.credit_limit_minor.map(Points::get),
            credit_alert_minor: self.credit_alert_minor.map(Points::get),
            payment_days: self.payment_days,
            dispute_days: self.dispute_days,
            tax_code: self.tax_code,
        })
    }
}

fn micros(price: Decimal, field: &str) -> Result<i64, Refusal> {
    price
        .units(6)
        .map_err(|error| Refusal::new(Code::ValueOutOfRange).because(error.to_string()).at(field))
}

/// A bank account of a partner.
#[derive(InputObject)]
pub struct SetPartnerBankAccountInput {
    /// Whose.
    pub(super) partner_id: Id<PartnerId>,
    /// The account's holder, 1 to 70 characters, which files for the bank write in basic Latin letters.
    pub(super) holder: String,
    /// The account's number, with or without spaces.
    pub(super) iban: String,
    /// The bank's code, of 8 or 11 characters, where it wants to be named.
    pub(super) bic: Option<String>,
    /// Leave to fetch money from it by SEPA direct debit. Left out, nothing is fetched, also where an
    /// account before had one.
    pub(super) mandate: Option<MandateInput>,
}

/// A partner's leave to fetch money from its account.
#[derive(InputObject)]
pub struct MandateInput {
    /// Names it: 1 to 35 letters A to Z, digits, spaces and signs out of `/-?:().,'+`.
    reference: String,
    /// Which scheme it is signed for.
    scheme: Enumeration<MandateScheme>,
    /// The day on which it was signed; not in the future.
    signed_on: Date,
}

impl SetPartnerBankAccountInput {
    pub(super) fn wish(self) -> SetAccount {
        let mandate = self.mandate.map(|mandate| Mandate {
            reference: mandate.reference,
            signed_on: mandate.signed_on.0,
            scheme: mandate.scheme.0,
        });
        let account = Party { name: self.holder, iban: self.iban, bic: self.bic };
        SetAccount { partner: self.partner_id.0, account, mandate }
    }
}

/// A client to be registered.
#[derive(InputObject)]
pub struct RegisterApiClientInput {
    /// Whose.
    pub(super) partner_id: Id<PartnerId>,
    /// What the partner calls it, 1 to 200 characters.
    pub(super) name: String,
    /// What its tokens may be used for: `purchases:write`, `purchases:read`, `payments:write`,
    /// `members:write`, `members:read`.
    pub(super) scopes: Vec<String>,
}

/// A client to be revoked.
#[derive(InputObject)]
pub struct RevokeApiClientInput {
    /// Which.
    pub(super) api_client_id: Id<ApiClientId>,
}
