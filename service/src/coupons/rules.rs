//! What a coupon must be to be saved, and what becomes of it. Pure; what is refused names the field and says
//! what would be right.

use std::collections::BTreeSet;

use entity::coupons::coupon::CouponStatus;
use entity::coupons::definition::{Audience, Benefit, Definition, Stacking};

use crate::refusal::{Code, Refusal};
use crate::rewards::language;
use crate::text;

const LANGUAGES_MAX: usize = 50;
const SKUS_MAX: usize = 20_000;
const CATEGORIES_MAX: usize = 1000;
const USES_MAX: i64 = 1_000_000_000;
/// The most of an amount, in minor units.
const AMOUNT_MAX: i64 = 10_000_000_000_000;
/// Points times a hundred.
const FACTOR_MAX: i64 = 1_000_000;

/// What a coupon says as it is saved, if it is one.
pub(super) fn checked(mut definition: Definition) -> Result<Definition, Refusal> {
    names(&mut definition)?;
    benefit(&mut definition)?;
    scope(&mut definition)?;
    between("minimum", definition.minimum_minor, 0, AMOUNT_MAX)?;
    between("usesMax", definition.uses_max.unwrap_or(1), 1, USES_MAX)?;
    between("memberUsesMax", definition.member_uses_max.unwrap_or(1), 1, USES_MAX)?;
    if let (Some(from), Some(until)) = (definition.from, definition.until)
        && until <= from
    {
        let message = "A coupon's time ends after it begins.";
        return Err(Refusal::new(Code::ScheduleInvalid).because(message).at("closesAt"));
    }
    if let Audience::Segment { code } = &definition.audience {
        text::code(code).map_err(|refusal| refusal.at("segmentCode"))?;
    }
    if let Stacking::Stackable { group: Some(group) } = &definition.stacking {
        text::code(group).map_err(|refusal| refusal.at("stackingGroup"))?;
    }
    Ok(definition)
}

fn names(definition: &mut Definition) -> Result<(), Refusal> {
    if definition.names.is_empty() || definition.names.len() > LANGUAGES_MAX {
        let message = format!("A coupon has a name in 1 to {LANGUAGES_MAX} languages.");
        return Err(Refusal::new(Code::LanguageInvalid).because(message).at("names"));
    }
    let mut known = BTreeSet::new();
    for (place, own) in definition.names.iter_mut().enumerate() {
        let at = |field: &str| format!("names.{place}.{field}");
        let language = language::canonical(&own.language).filter(|tag| known.insert(tag.clone()));
        own.language =
            language.ok_or_else(|| Refusal::new(Code::LanguageInvalid).at(&at("language")))?;
        own.text = text::name(&own.text).map_err(|refusal| refusal.at(&at("name")))?;
    }
    Ok(())
}

fn benefit(definition: &mut Definition) -> Result<(), Refusal> {
    match &mut definition.benefit {
        Benefit::PercentOff { share_bp } => between("benefit.shareBp", *share_bp, 1, 10_000),
        Benefit::AmountOff { amount_minor } if (1..=AMOUNT_MAX).contains(amount_minor) => Ok(()),
        Benefit::AmountOff { .. } => Err(Refusal::new(Code::AmountInvalid).at("benefit.amount")),
        Benefit::FreeProduct { sku } => {
            let clean = text::clean(sku, 64, Code::LineInvalid);
            *sku = clean.map_err(|refusal| refusal.at("benefit.freeSku"))?;
            Ok(())
        }
        Benefit::PointsMultiplier { factor_bp } => {
            between("benefit.factorBp", *factor_bp, 10_001, FACTOR_MAX)?;
            if definition.scope == Default::default() {
                return Ok(());
            }
            let message = "A multiplier of points is about the whole receipt; what is about some articles \
                           alone is an earning rule.";
            Err(Refusal::new(Code::CouponScopeInvalid).because(message).at("scope"))
        }
    }
}

fn scope(definition: &mut Definition) -> Result<(), Refusal> {
    let scope = &mut definition.scope;
    let all = [
        ("scope.skus", &mut scope.skus, 64, SKUS_MAX),
        ("scope.categories", &mut scope.categories, 100, CATEGORIES_MAX),
    ];
    for (field, own, length, most) in all {
        if own.len() > most {
            let message = format!("A coupon names at most {most} there.");
            return Err(Refusal::new(Code::CouponScopeInvalid).because(message).at(field));
        }
        let clean = own.iter().enumerate().map(|(place, text)| {
            let at = |refusal: Refusal| refusal.at(&format!("{field}.{place}"));
            text::clean(text, length, Code::CouponScopeInvalid).map_err(at)
        });
        let clean: BTreeSet<String> = clean.collect::<Result<_, _>>()?;
        *own = clean.into_iter().collect();
    }
    Ok(())
}

fn between(field: &str, value: i64, least: i64, most: i64) -> Result<(), Refusal> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let message = format!("It must be from {least} to {most}.");
    Err(Refusal::new(Code::ValueOutOfRange).because(message).at(field))
}

/// Whether a coupon may become that.
pub(super) fn may_become(before: CouponStatus, wished: CouponStatus) -> Result<(), Refusal> {
    let because =
        |message: &str| Err(Refusal::new(Code::StatusInvalid).because(message).at("status"));
    match (before, wished) {
        (CouponStatus::Ended, CouponStatus::Ended) => Ok(()),
        (CouponStatus::Ended, _) => Err(Refusal::new(Code::CouponEnded).at("couponId")),
        (CouponStatus::Draft, CouponStatus::Paused) => because("A draft can be launched or ended."),
        (CouponStatus::Live | CouponStatus::Paused, CouponStatus::Draft) => {
            because("What was launched can be paused or ended; it is no draft any more.")
        }
        _ => Ok(()),
    }
}
