//! Conditions over a member alone, for whoever else asks them: whom a reward is for. What a member is, is
//! read as a sale at that moment would see it; nothing is decided or written here.

use cel::Context;
use chrono::{DateTime, Utc};
use entity::members::member;
use sea_orm::ConnectionTrait;

use super::ask::Terms;
use super::books::Wanted;
use super::cel::{Asks, Condition, Scope, context, values};
use super::facts::MemberFacts;
use crate::error::Result;
use crate::refusal::Refusal;

/// A condition over `member`.
pub(crate) struct Eligibility(Condition);

impl Eligibility {
    /// Reads and checks it; a refusal says at which character it is wrong.
    pub(crate) fn compile(source: &str) -> Result<Self, Refusal> {
        Condition::compile(source, &Scope::of_member()).map(Self)
    }

    /// Whether it holds of whom is seen.
    pub(crate) fn holds(&self, seen: &Seen) -> bool {
        self.0.holds(&seen.0)
    }
}

/// A member as conditions see it.
pub(crate) struct Seen(Context<'static, 'static>);

impl Seen {
    /// The member with these facts at that moment.
    pub(crate) fn new(terms: &Terms, facts: &MemberFacts, at: DateTime<Utc>) -> Self {
        let mut seen = context();
        let member = values::member(facts, at.with_timezone(&terms.programme.zone));
        seen.add_variable_from_value("member", member);
        Self(seen)
    }
}

/// What these conditions may ask of the member, in a number of statements that doesn't grow with theirs.
pub(crate) async fn facts<C: ConnectionTrait>(
    db: &C,
    terms: &Terms,
    (member, at): (&member::Model, DateTime<Utc>),
    conditions: impl Iterator<Item = &Eligibility>,
) -> Result<MemberFacts> {
    let at = at.with_timezone(&terms.programme.zone);
    let asks = conditions.fold(Asks::default(), |asks, own| asks.or(own.0.asks));
    let mut wanted = Wanted::default();
    wanted.person(asks, at, member);
    let known = wanted.read(db, terms.by()).await?;
    Ok(known.facts(member, at))
}
