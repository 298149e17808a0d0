//! What members do on the day of the demo: they pay with points, think better of it, bring goods
//! back, give points away, claim rewards and use them, and claim what they bought before they had joined.

use entity::amount::Points;
use entity::ids::PartnerId;
use entity::ledger::wallet;
use entity::members::member;
use service::ledger::Transfer;
use service::members::{Enrol, MemberRef};
use service::page::Window;
use service::payments::{Capture, Pay, PlaceHold, Reverse};
use service::purchases::{Claim, Filter, Return};
use service::{Actor, Error, Result, Services, Who};

use super::{TOKENS, coalition, first, rewards};

/// Cards that end so are nobody's while their receipts are loaded.
const JOINS_LATER: char = '7';
/// How many of those join today.
const JOINERS: usize = 20;
/// The least that is worth spending.
const WORTH: i64 = 20;

/// Whether the card's holder is a member from the first receipt on.
pub(super) fn is_member(card: &str) -> bool {
    !card.ends_with(JOINS_LATER)
}

/// A member and its wallet.
struct Person(member::Model, wallet::Model);

/// One day.
pub(super) async fn live(services: &Services, actor: &Actor) -> Result<()> {
    let tills = coalition::tills(services, actor).await?;
    let people = everybody(services, actor).await?;
    let day = Day { services, actor, tills };
    let offered = rewards::offer(services, actor).await?;
    for (place, person) in people.iter().enumerate() {
        if person.1.available.get() < WORTH {
            continue;
        }
        match place % 12 {
            0 | 4 => day.pays(person, place).await?,
            2 => day.pays_and_thinks_better(person, place).await?,
            6 => day.sets_aside(person, place).await?,
            8 => day.gives(person, &people[(place + 1) % people.len()]).await?,
            10 => day.brings_back(person).await?,
            1 | 5 | 9 => {
                let member = day.as_member(person.0.id)?;
                let who = (person.0.id, &member, person.1.available.get());
                rewards::claim(services, who, (&offered, place / 4), &day.tills).await?;
            }
            _ => {}
        }
    }
    day.some_join().await
}

/// A member with something to look at.
pub(super) async fn shopper(services: &Services, actor: &Actor) -> Result<member::Model> {
    let members = services.members.list(actor, first(100)).await?.items;
    let people = with_wallets(services, actor, members).await?;
    let best = people.into_iter().max_by_key(|person| person.1.available);
    best.map(|person| person.0).ok_or_else(|| Error::internal("the demo has no members"))
}

async fn everybody(services: &Services, actor: &Actor) -> Result<Vec<Person>> {
    let mut people = Vec::new();
    let mut window = first(100);
    loop {
        let page = services.members.list(actor, window).await?;
        window.after = page.items.last().map(|member| member.id.uuid());
        people.extend(with_wallets(services, actor, page.items).await?);
        if !page.has_next {
            return Ok(people);
        }
    }
}

async fn with_wallets(
    services: &Services,
    actor: &Actor,
    members: Vec<member::Model>,
) -> Result<Vec<Person>> {
    let ids: Vec<_> = members.iter().map(|member| member.wallet_id).collect();
    let wallets = services.ledger.wallets(actor, &ids).await?;
    let with_wallet = |member: member::Model| {
        let own = wallets.iter().find(|wallet| wallet.id == member.wallet_id)?;
        Some(Person(member, own.clone()))
    };
    Ok(members.into_iter().filter_map(with_wallet).collect())
}

struct Day<'demo> {
    services: &'demo Services,
    actor: &'demo Actor,
    tills: Vec<Actor>,
}

impl Day<'_> {
    fn till(&self, place: usize) -> &Actor {
        &self.tills[place / 2 % self.tills.len()]
    }

    fn till_of(&self, partner: PartnerId) -> Result<&Actor> {
        let its = |till: &&Actor| matches!(till.who(), Who::Partner(own, _) if own == partner);
        self.tills.iter().find(its).ok_or_else(|| Error::internal("a partner without a till"))
    }

    /// A way to pay half of what there is.
    fn half(&self, person: &Person, what: &str) -> Result<Pay> {
        Ok(Pay {
            member: MemberRef::Id(person.0.id),
            store_code: None,
            points: Points::new(person.1.available.get() / 2).map_err(Error::internal)?,
            occurred_at: self.services.clock.now(),
            reference: None,
            idempotency_key: format!("demo-{what}-{}", person.0.id),
        })
    }

    async fn pays(&self, person: &Person, place: usize) -> Result<()> {
        self.services.payments.pay(self.till(place), self.half(person, "pay")?).await.map(drop)
    }

    async fn pays_and_thinks_better(&self, person: &Person, place: usize) -> Result<()> {
        let till = self.till(place);
        let paid = self.services.payments.pay(till, self.half(person, "pay")?).await?;
        let idempotency_key = format!("demo-undo-{}", person.0.id);
        let undo = Reverse { payment: paid.entry.id, idempotency_key };
        self.services.payments.reverse(till, undo).await.map(drop)
    }

    /// Sets points aside; of every second it takes fewer in the end.
    async fn sets_aside(&self, person: &Person, place: usize) -> Result<()> {
        let half = self.half(person, "hold")?;
        let (till, points) = (self.till(place), half.points);
        let wish = PlaceHold {
            member: half.member,
            store_code: None,
            points,
            minutes: None,
            reference: None,
            idempotency_key: half.idempotency_key,
        };
        let held = self.services.payments.place_hold(till, wish).await?;
        if place % 24 == 6 {
            return Ok(());
        }
        let wish = Capture {
            hold: held.hold.id,
            points: Some(Points::new(points.get() / 2).map_err(Error::internal)?),
            occurred_at: self.services.clock.now(),
            idempotency_key: format!("demo-capture-{}", person.0.id),
        };
        self.services.payments.capture(till, wish).await.map(drop)
    }

    async fn gives(&self, giver: &Person, to: &Person) -> Result<()> {
        let wish = Transfer {
            to: MemberRef::Id(to.0.id),
            points: Points::new(5).map_err(Error::internal)?,
            note: Some("for the barbecue".to_owned()),
            idempotency_key: format!("demo-gift-{}", giver.0.id),
        };
        self.services.ledger.transfer(&self.as_member(giver.0.id)?, wish).await.map(drop)
    }

    /// Spends half, and brings the goods of its last receipt back.
    async fn brings_back(&self, person: &Person) -> Result<()> {
        self.services.payments.pay(&self.tills[0], self.half(person, "pay")?).await?;
        let filter = Filter { member: Some(person.0.id), partner: None };
        let last = Window { is_backward: true, ..first(10) };
        let bought = self.services.purchases.list(self.actor, filter, last).await?.items;
        let bought = bought.iter().rev().find(|purchase| purchase.points.get() > 0);
        let Some(purchase) = bought else { return Ok(()) };
        let wish = Return {
            purchase: purchase.id,
            lines: None,
            occurred_at: self.services.clock.now(),
            idempotency_key: format!("demo-return-{}", person.0.id),
        };
        let till = self.till_of(purchase.partner_id)?;
        self.services.purchases.take_back(till, wish).await.map(drop)
    }

    /// Some whose receipts were kept become members, and claim them.
    async fn some_join(&self) -> Result<()> {
        let kept = self.services.purchases.list(self.actor, Filter::default(), first(100)).await?;
        let cards = kept.items.into_iter().filter(|purchase| purchase.member_id.is_none());
        for card in cards.filter_map(|purchase| purchase.card_number).take(JOINERS) {
            let wish = Enrol { card_number: card.clone(), partner_reference: None };
            let joined = self.services.members.enrol(self.actor, wish).await?;
            let claim = Claim { member: MemberRef::Card(card), purchase: None };
            let member = self.as_member(joined.member.id)?;
            self.services.purchases.claim(&member, claim).await?;
        }
        Ok(())
    }

    fn as_member(&self, member: entity::ids::MemberId) -> Result<Actor> {
        let expires_at = self.services.clock.now() + TOKENS;
        let who = Who::Member(member);
        Ok(Actor::new(self.actor.programme()?, who, Vec::new(), expires_at).through("demo"))
    }
}
