//! What a receipt must be. Pure: no database, no clock.

use chrono::{DateTime, Utc};
use entity::ids::{PurchaseId, StoreId};
use entity::partners::partner::{self, ReceiptScope};
use entity::purchases::purchase::{EarningTerms, Line, Withheld};
use serde::Serialize;

use super::{Mode, Receipt};
use crate::coupons::{CouponRef, NAMED_MAX};
use crate::earning::{self, Explanation};
use crate::error::Result;
use crate::keys;
use crate::members::MemberRef;
use crate::partners::{Directory, Role};
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::text;

/// The most lines on a receipt.
const LINES_MAX: usize = 1000;
/// The most of an article: thousandths of a measure included.
const QUANTITY_MAX: i64 = 1_000_000_000;
/// The most that a line may cost, in minor units.
const AMOUNT_MAX: i64 = 10_000_000_000_000;

/// A receipt that is whole, with all that it means.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) receipt: Receipt,
    pub(super) store: Option<StoreId>,
    pub(super) scope: String,
    pub(super) fingerprint: Vec<u8>,
    pub(super) earning: EarningTerms,
    pub(super) explanation: Explanation,
    /// When it counts as recorded.
    pub(super) recorded_at: DateTime<Utc>,
    /// Why it can't be recorded now. One that is in the books already answers as it did then,
    /// whatever has become of its partner, store or age since.
    pub(super) standing: Option<Refusal>,
}

/// What the fingerprint covers: the whole receipt, in one order.
#[derive(Serialize)]
struct Canonical<'a> {
    store: Option<StoreId>,
    member: Option<String>,
    channel: &'static str,
    occurred_at: DateTime<Utc>,
    total_minor: i64,
    lines: &'a [Line],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    coupons: &'a [CouponRef],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    coupon_minor: &'a [i64],
}

/// Checks a receipt against the programme, the partner and itself.
pub(super) fn check(
    rules: &Rules,
    directory: &Directory,
    receipt: Receipt,
    mode: Mode,
    now: DateTime<Utc>,
) -> Result<Checked> {
    let partner = directory
        .partner(receipt.partner)
        .ok_or(Refusal::new(Code::PartnerNotFound).at("partnerId"))?;
    let receipt = cleaned(receipt)?;
    adds_up(rules, &receipt)?;
    let code = receipt.store_code.as_deref();
    let store = code.map(|code| directory.store(receipt.partner, code)).transpose()?;
    let store = store.map(|store| store.id);
    let standing = may_sell(rules, directory, &receipt, mode, now).err();
    directory
        .contract_at(receipt.partner, receipt.occurred_at)
        .map_err(|missing| standing.clone().unwrap_or(missing))?;
    let earning = earning_terms(rules, partner);
    let explanation = earning::base(&earning, &receipt.lines)?;
    let canonical = Canonical {
        store,
        member: receipt.member.as_ref().map(MemberRef::canonical),
        channel: receipt.channel.name(),
        occurred_at: receipt.occurred_at,
        total_minor: receipt.total_minor,
        lines: &receipt.lines,
        coupons: &receipt.coupons,
        coupon_minor: &receipt.coupon_minor,
    };
    Ok(Checked {
        scope: scope(rules, partner.receipt_scope, store, receipt.occurred_at)?,
        fingerprint: keys::fingerprint("recordPurchase", &canonical)?,
        recorded_at: if mode == Mode::Live { now } else { receipt.occurred_at },
        standing,
        store,
        earning,
        explanation,
        receipt,
    })
}

/// Whether such a sale can be recorded now.
fn may_sell(
    rules: &Rules,
    directory: &Directory,
    receipt: &Receipt,
    mode: Mode,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    directory.in_role(receipt.partner, Role::Issues)?;
    match mode {
        Mode::Live => rules.accepts_time(receipt.occurred_at, now)?,
        Mode::Backfill => rules.accepts_no_future(receipt.occurred_at, now)?,
    }
    if let Some(code) = &receipt.store_code {
        directory.open_store(receipt.partner, code, receipt.occurred_at)?;
    }
    Ok(())
}

fn cleaned(mut receipt: Receipt) -> Result<Receipt, Refusal> {
    receipt.receipt_number = text::clean(&receipt.receipt_number, 64, Code::ReceiptNumberInvalid)
        .map_err(|refusal| refusal.at("receiptNumber"))?;
    if let Some(MemberRef::Card(number)) = &receipt.member {
        text::card_number(number).map_err(|refusal| refusal.under("member"))?;
    }
    if receipt.lines.is_empty() {
        return Err(Refusal::new(Code::LinesMissing).at("lines"));
    }
    if receipt.lines.len() > LINES_MAX {
        return Err(Refusal::new(Code::LinesTooMany).at("lines"));
    }
    for (place, line) in receipt.lines.iter_mut().enumerate() {
        clean_line(line).map_err(|refusal| refusal.under(&format!("lines.{place}")))?;
    }
    coupons(&mut receipt)?;
    Ok(receipt)
}

/// A receipt that takes nothing off by coupons is the same as one that doesn't speak of it.
fn coupons(receipt: &mut Receipt) -> Result<(), Refusal> {
    let is_named = |own: &CouponRef| match own {
        CouponRef::Id(_) => true,
        CouponRef::Code(code) => (1..=64).contains(&code.chars().count()),
    };
    if receipt.coupons.len() > NAMED_MAX || !receipt.coupons.iter().all(is_named) {
        return Err(Refusal::new(Code::CouponsTooMany).at("coupons"));
    }
    for (place, minor) in receipt.coupon_minor.iter().enumerate() {
        if !(0..=AMOUNT_MAX).contains(minor) {
            let at = format!("lines.{place}.couponDiscount");
            return Err(Refusal::new(Code::AmountInvalid).at(&at));
        }
    }
    if receipt.coupon_minor.iter().all(|minor| *minor == 0) {
        receipt.coupon_minor.clear();
    }
    Ok(())
}

fn clean_line(line: &mut Line) -> Result<(), Refusal> {
    line.sku =
        text::clean(&line.sku, 64, Code::LineInvalid).map_err(|refusal| refusal.at("sku"))?;
    line.category = text::clean_option(line.category.as_deref(), 100, Code::LineInvalid)
        .map_err(|r| r.at("category"))?;
    line.brand = text::clean_option(line.brand.as_deref(), 100, Code::LineInvalid)
        .map_err(|r| r.at("brand"))?;
    if !(0..=QUANTITY_MAX).contains(&line.quantity) {
        return Err(Refusal::new(Code::QuantityInvalid).at("quantity"));
    }
    for (field, minor) in [("amount", line.amount_minor), ("discount", line.discount_minor)] {
        if !(0..=AMOUNT_MAX).contains(&minor) {
            return Err(Refusal::new(Code::AmountInvalid).at(field));
        }
    }
    Ok(())
}

fn adds_up(rules: &Rules, receipt: &Receipt) -> Result<(), Refusal> {
    let currency = rules.programme.currency;
    if receipt.currency != currency {
        let message = format!("Amounts must be in {currency}, not {}.", receipt.currency);
        return Err(Refusal::new(Code::CurrencyMismatch).because(message).at("total.currencyCode"));
    }
    if !(0..=AMOUNT_MAX).contains(&receipt.total_minor) {
        return Err(Refusal::new(Code::AmountInvalid).at("total"));
    }
    let mut amounts = receipt.lines.iter().map(|line| line.amount_minor);
    let sum = amounts
        .try_fold(0_i64, i64::checked_add)
        .ok_or(Refusal::new(Code::Overflow).at("lines"))?;
    if sum != receipt.total_minor {
        let money = |minor| entity::amount::Money { minor, currency };
        let message = format!(
            "The lines add up to {}, the total says {}.",
            money(sum),
            money(receipt.total_minor)
        );
        return Err(Refusal::new(Code::TotalMismatch).because(message).at("total"));
    }
    Ok(())
}

/// Within what the receipt's number is unique: nothing, the store, or the store and the day.
pub(crate) fn scope(
    rules: &Rules,
    scope: ReceiptScope,
    store: Option<StoreId>,
    at: DateTime<Utc>,
) -> Result<String, Refusal> {
    let needed = || store.ok_or(Refusal::new(Code::StoreRequired).at("storeCode"));
    Ok(match scope {
        ReceiptScope::Partner => String::new(),
        ReceiptScope::Store => needed()?.to_string(),
        ReceiptScope::StoreDay => {
            format!("{}/{}", needed()?, at.with_timezone(&rules.zone).date_naive())
        }
    })
}

pub(super) fn earning_terms(rules: &Rules, partner: &partner::Model) -> EarningTerms {
    EarningTerms {
        rate_millipoints: partner.base_rate_millipoints,
        minor_per_unit: rules.programme.currency.minor_per_unit(),
        rounding: rules.programme.rounding,
        excluded_categories: partner.excluded_categories.0.clone(),
        cashback_bp: partner.cashback_bp,
        multiplier_bp: None,
        coupon_bp: None,
        granted: Vec::new(),
        member: None,
        withheld: Withheld::default(),
    }
}

/// A new purchase's id sorts by when it was recorded.
pub(super) fn new_id(checked: &Checked) -> PurchaseId {
    PurchaseId::at(checked.recorded_at)
}
