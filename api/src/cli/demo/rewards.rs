//! What there is to spend points on besides paying with them: a few rewards of the partners and one of the
//! programme, claimed by some members, of whom some use them at a till.

use entity::ids::{MemberId, PartnerId};
use entity::rewards::definition::{Benefit, Cost, Definition, Delivery, Price, Stock, Wording};
use entity::rewards::reward::{RewardKind, RewardStatus};
use service::page::Window;
use service::rewards::claims::ClaimReward;
use service::rewards::vouchers::Redeem;
use service::rewards::{Draft, Filter, Turn, Written};
use service::{Actor, Error, Result, Services};

/// A reward of the demo.
struct Reward {
    code: &'static str,
    partner: Option<&'static str>,
    kind: RewardKind,
    titles: [(&'static str, &'static str); 2],
    points: i64,
    benefit: Benefit,
}

const REWARDS: [Reward; 4] = [
    Reward {
        code: "loaf",
        partner: Some("grocer"),
        kind: RewardKind::FreeProduct,
        titles: [("en", "A loaf of bread"), ("de", "Ein Laib Brot")],
        points: 20,
        benefit: Benefit { share_bp: None, amount_minor: None },
    },
    Reward {
        code: "tenth-off",
        partner: Some("kitchen"),
        kind: RewardKind::PercentOff,
        titles: [("en", "A tenth off a pan"), ("de", "Ein Zehntel auf eine Pfanne")],
        points: 40,
        benefit: Benefit { share_bp: Some(1000), amount_minor: None },
    },
    Reward {
        code: "trees",
        partner: Some("garden"),
        kind: RewardKind::Donation,
        titles: [("en", "A tree is planted"), ("de", "Ein Baum wird gepflanzt")],
        points: 25,
        benefit: Benefit { share_bp: None, amount_minor: None },
    },
    Reward {
        code: "two-off",
        partner: None,
        kind: RewardKind::AmountOff,
        titles: [("en", "2.00 off, wherever"), ("de", "2,00 Nachlass, wo immer")],
        points: 60,
        benefit: Benefit { share_bp: None, amount_minor: Some(200) },
    },
];

/// Drafts and launches them; those that are there stay.
pub(super) async fn offer(services: &Services, actor: &Actor) -> Result<Vec<Written>> {
    let directory = services.partners.directory(actor.programme()?).await?;
    let all = Window { limit: 100, after: None, before: None, is_backward: false };
    let there = services.rewards.list(actor, Filter::default(), all).await?.items;
    let mut offered = Vec::new();
    for own in &REWARDS {
        if let Some(written) = there.iter().find(|written| written.row.code == own.code) {
            offered.push(written.clone());
            continue;
        }
        let partner = own.partner.map(|code| {
            let partner = directory.by_code(code);
            partner.map(|row| row.id).ok_or_else(|| Error::internal("a partner that isn't there"))
        });
        let wish = own.draft(partner.transpose()?);
        let drafted = services.rewards.draft(actor, wish).await?;
        let turn = Turn {
            reward: drafted.row.id,
            expected_version: drafted.row.version,
            status: RewardStatus::Live,
        };
        offered.push(services.rewards.turn(actor, turn).await?);
    }
    Ok(offered)
}

impl Reward {
    fn draft(&self, partner: Option<PartnerId>) -> Draft {
        let wording = |(language, title): &(&str, &str)| Wording {
            language: (*language).to_owned(),
            title: (*title).to_owned(),
            text: None,
            terms: None,
        };
        let cost = Cost { points: self.points, money_minor: 0 };
        let definition = Definition {
            default_language: "en".to_owned(),
            wordings: self.titles.iter().map(wording).collect(),
            pictures: Vec::new(),
            category: None,
            benefit: self.benefit,
            prices: vec![Price { code: "points".to_owned(), cost, tiers: Vec::new() }],
            delivery: Delivery {
                valid_days: Some(90),
                cancel_hours: Some(24),
                ..Delivery::default()
            },
            supply: None,
            stock: Stock { total: Some(1000), per_day: None },
            limits: Vec::new(),
            from: None,
            until: None,
            condition: None,
        };
        Draft { code: self.code.to_owned(), partner, kind: self.kind, definition }
    }
}

/// A member claims one, if it has the points; at every second claim a till takes its voucher at once.
pub(super) async fn claim(
    services: &Services,
    (member, actor, available): (MemberId, &Actor, i64),
    (offered, place): (&[Written], usize),
    tills: &[Actor],
) -> Result<()> {
    let Some(reward) = offered.get(place % offered.len().max(1)) else { return Ok(()) };
    let Some(price) = reward.version.definition.prices.first() else { return Ok(()) };
    if price.cost.points > available {
        return Ok(());
    }
    let wish = ClaimReward {
        reward: reward.row.id,
        price: None,
        expected: price.cost,
        idempotency_key: format!("demo-claim-{member}"),
    };
    let claim = services.rewards.claim(actor, wish).await?.claim;
    let vouchers = services.rewards.vouchers(actor, &[claim.id]).await?;
    let Some(voucher) = vouchers.get(&claim.id).filter(|_| place % 2 == 0) else { return Ok(()) };
    let code = services.rewards.code(actor, &claim, voucher)?.unwrap_or_default();
    let takes = |till: &&Actor| match (till.who(), claim.partner_id) {
        (service::Who::Partner(own, _), Some(partner)) => own == partner,
        _ => true,
    };
    let Some(till) = tills.iter().find(takes) else { return Ok(()) };
    let wish = Redeem {
        code,
        store_code: None,
        reference: None,
        idempotency_key: format!("demo-voucher-{member}"),
    };
    services.rewards.redeem(till, wish).await.map(drop)
}
