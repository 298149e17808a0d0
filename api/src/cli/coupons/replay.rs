//! The year through the use cases that tills and operators have: coupons drafted, launched and assigned, receipts
//! recorded as history. What is there already stays.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use entity::coupons::coupon::{CouponDistribution, CouponStatus};
use entity::coupons::coupon_redemption::CouponOutcome;
use entity::coupons::definition::{Audience, Benefit, Definition, Name as Called, Scope, Stacking};
use entity::ids::{CouponId, MemberId, PurchaseId};
use entity::programmes::programme;
use entity::purchases::purchase::{Channel, Line};
use service::coupons::{CouponRef, Draft, NAMED_MAX, Turn};
use service::members::{Enrol, MemberRef};
use service::purchases::{BATCH_MAX, Mode, Receipt as Wish};
use service::{Actor, Code, Error, Result, Services};

use super::files::{Name, Receipt, Year};

/// What a coupon takes off: the source doesn't tell.
const OFF_MINOR: i64 = 100;
/// The most members that are assigned at once.
const MEMBERS_MAX: usize = 1000;

/// Brings it in, and tells what became of it.
pub(super) async fn replay(
    services: &Services,
    programme: &programme::Model,
    year: &Year,
) -> Result<String> {
    let actor = Actor::system(programme.id).through("replay");
    let members = enrol(services, &actor, year).await?;
    let coupons = coupons(services, &actor, (year, &members)).await?;
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |why: &str, by: usize| *outcomes.entry(why.to_owned()).or_default() += by;
    let mut wishes = Vec::new();
    for (day, named) in by_day(year, &coupons) {
        let Some(receipts) = year.receipts.get(&day) else {
            count("no receipt of that card on that day", named.len());
            continue;
        };
        for (receipt, named) in go_with(receipts, &named, year) {
            let (taken, over) = named.split_at(named.len().min(NAMED_MAX));
            count("more than ten on one receipt", over.len());
            wishes.extend(wish(services, programme, (&day.0, receipt, taken)).await?);
        }
    }
    wishes.sort_by_key(|own| own.occurred_at);
    let mut discount_minor = 0_i64;
    for batch in wishes.chunks(BATCH_MAX) {
        let answers =
            services.purchases.record_many(&actor, batch.to_vec(), Mode::Backfill).await?;
        let mut recorded: Vec<PurchaseId> = Vec::new();
        for (wish, answer) in batch.iter().zip(answers) {
            match answer {
                Ok(done) => recorded.push(done.purchase.id),
                Err(refusal) => {
                    count(&format!("receipt refused: {}", refusal.code.name()), wish.coupons.len())
                }
            }
        }
        for row in services.coupons.of_purchases(&actor, &recorded).await? {
            discount_minor = discount_minor.saturating_add(row.discount_minor);
            match (row.outcome, row.refusal) {
                (CouponOutcome::Refused, Some(why)) => count(why.name(), 1),
                _ => count("redeemed", 1),
            }
        }
    }
    Ok(told(year, (wishes.len(), discount_minor), &outcomes))
}

fn told(
    year: &Year,
    (receipts, discount_minor): (usize, i64),
    outcomes: &BTreeMap<String, usize>,
) -> String {
    let mut told = format!(
        "{} campaigns, {} coupons, {} redemptions, {receipts} receipts, {}.{:02} off\n",
        year.campaigns.len(),
        year.coupons.len(),
        year.redemptions.len(),
        discount_minor / 100,
        discount_minor % 100,
    );
    for (why, count) in outcomes.iter().filter(|(_, count)| **count > 0) {
        // A text takes whatever is written.
        let _ = writeln!(told, "{count:>8}  {why}");
    }
    told
}

/// Everybody whom a campaign was sent to is a member.
async fn enrol(
    services: &Services,
    actor: &Actor,
    year: &Year,
) -> Result<HashMap<String, MemberId>> {
    let mut members = HashMap::new();
    for card in year.audience.values().flatten() {
        if members.contains_key(card) {
            continue;
        }
        let wish = Enrol { card_number: card.clone(), partner_reference: None };
        members.insert(card.clone(), services.members.enrol(actor, wish).await?.member.id);
    }
    Ok(members)
}

/// The coupons by name, launched and assigned.
async fn coupons(
    services: &Services,
    actor: &Actor,
    (year, members): (&Year, &HashMap<String, MemberId>),
) -> Result<HashMap<Name, CouponId>> {
    let mut known: HashMap<String, CouponId> = HashMap::new();
    let mut after = None;
    loop {
        let window = service::page::Window { limit: 100, after, before: None, is_backward: false };
        let page =
            services.coupons.list(actor, service::coupons::Filter::default(), window).await?;
        after = page.items.last().map(|own| own.row.id.uuid());
        known.extend(page.items.into_iter().map(|own| (own.row.code, own.row.id)));
        if !page.has_next {
            break;
        }
    }
    let mut coupons = HashMap::new();
    for (name, skus) in &year.coupons {
        let Some(days) = year.campaigns.get(&name.0) else { continue };
        let code = format!("c{:02}-{}", name.0, name.1);
        if let Some(id) = known.get(&code) {
            coupons.insert(name.clone(), *id);
            continue;
        }
        let draft = Draft {
            code,
            partner: None,
            distribution: CouponDistribution::Personal,
            shared_code: None,
            definition: says(name, *days, skus.iter().cloned().collect()),
        };
        let row = services.coupons.draft(actor, draft).await?.row;
        let turn = Turn { coupon: row.id, expected_version: 1, status: CouponStatus::Live };
        services.coupons.turn(actor, turn).await?;
        let sent = year.audience.get(&name.0).into_iter().flatten();
        let sent: Vec<MemberId> = sent.filter_map(|card| members.get(card)).copied().collect();
        for some in sent.chunks(MEMBERS_MAX) {
            services.coupons.assign(actor, row.id, (some, &[])).await?;
        }
        coupons.insert(name.clone(), row.id);
    }
    Ok(coupons)
}

fn says(name: &Name, (from, until): (NaiveDate, NaiveDate), skus: Vec<String>) -> Definition {
    let midnight = |day: NaiveDate| -> DateTime<Utc> { day.and_time(NaiveTime::MIN).and_utc() };
    let after = until.checked_add_days(Days::new(1)).unwrap_or(until);
    let text = format!("Coupon {} of campaign {}", name.1, name.0);
    Definition {
        names: vec![Called { language: "en".to_owned(), text }],
        funder: None,
        benefit: Benefit::AmountOff { amount_minor: OFF_MINOR },
        scope: Scope { skus, categories: Vec::new() },
        minimum_minor: 0,
        from: Some(midnight(from)),
        until: Some(midnight(after)),
        uses_max: None,
        member_uses_max: None,
        audience: Audience::Members,
        stacking: Stacking::Stackable { group: None },
    }
}

type Day = (String, NaiveDate);

/// What each card redeemed each day.
fn by_day(year: &Year, coupons: &HashMap<Name, CouponId>) -> BTreeMap<Day, Vec<(Name, CouponId)>> {
    let mut days: BTreeMap<Day, Vec<(Name, CouponId)>> = BTreeMap::new();
    for own in &year.redemptions {
        let Some(id) = coupons.get(&own.coupon) else { continue };
        let day = days.entry((own.card.clone(), own.on)).or_default();
        day.push((own.coupon.clone(), *id));
    }
    days
}

/// With which receipt each coupon goes.
fn go_with<'a>(
    receipts: &'a [Receipt],
    named: &[(Name, CouponId)],
    year: &Year,
) -> Vec<(&'a Receipt, Vec<CouponId>)> {
    let mut with: Vec<(&Receipt, Vec<CouponId>)> =
        receipts.iter().map(|own| (own, Vec::new())).collect();
    for (name, id) in named {
        let covers = |own: &Receipt| {
            let skus = year.coupons.get(name);
            own.lines.iter().any(|line| skus.is_some_and(|skus| skus.contains(&line.sku)))
        };
        let place = receipts.iter().position(covers).unwrap_or(0);
        if let Some((_, coupons)) = with.get_mut(place) {
            coupons.push(*id);
        }
    }
    with.retain(|(_, coupons)| !coupons.is_empty());
    with
}

/// The receipt as a till would have sent it; none of a partner that the programme hasn't.
async fn wish(
    services: &Services,
    programme: &programme::Model,
    (card, receipt, coupons): (&str, &Receipt, &[CouponId]),
) -> Result<Option<Wish>> {
    let directory = services.partners.directory(programme.id).await?;
    let Some(partner) = directory.by_code(&receipt.partner) else { return Ok(None) };
    let lines: Vec<Line> = receipt
        .lines
        .iter()
        .map(|own| Line {
            sku: own.sku.clone(),
            category: Some(own.category.clone()).filter(|own| !own.is_empty()),
            brand: None,
            quantity: own.quantity,
            amount_minor: own.amount_minor,
            discount_minor: 0,
        })
        .collect();
    let total = lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.amount_minor));
    Ok(Some(Wish {
        partner: partner.id,
        store_code: None,
        receipt_number: receipt.number.clone(),
        member: Some(MemberRef::Card(card.to_owned())),
        channel: Channel::Store,
        occurred_at: receipt.at,
        currency: programme.currency,
        total_minor: total.ok_or_else(|| Error::from(service::Refusal::new(Code::Overflow)))?,
        lines,
        coupons: coupons.iter().map(|id| CouponRef::Id(*id)).collect(),
        coupon_minor: receipt.lines.iter().map(|own| own.discount_minor).collect(),
    }))
}
