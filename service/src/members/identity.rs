//! Enrolling oneself: a person who has proved who it is with an account elsewhere. The account is the
//! natural key: enrolling with it again answers with its member.
//!
//! Florin numbers the card: a person who could choose would take a number that is another's.

use aws_lc_rs::rand;
use chrono::{DateTime, Utc};
use entity::auth::identity;
use entity::ids::ProgrammeId;
use sea_orm::{EntityTrait, IntoActiveModel};

use super::{Enrolled, Members, card_by_number, insert, insert_card, lock};
use crate::actor::{Actor, Who};
use crate::audit::{self, Change};
use crate::auth::Identity;
use crate::error::{Error, Result};
use crate::tx::{Tx, retrying};

/// Numbers of ten to the fifteenth: two are hardly ever drawn alike.
const DRAWS_MAX: usize = 5;

impl Members {
    /// Enrols whoever has that account, with a card of its own. Open to anybody: that the account is
    /// theirs was proved to `Auth::identify`.
    pub async fn enrol_identity(&self, actor: &Actor, identity: Identity) -> Result<Enrolled> {
        let Identity { programme, digest } = identity;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let known = identity::Entity::find_by_id((programme, digest.to_vec()));
            if let Some(known) = known.one(tx.connection()).await? {
                let member = lock(&tx, programme, known.member_id).await?;
                return Ok(Enrolled { member, is_replay: true });
            }
            let member = insert(&tx, programme, at).await?;
            let number = free_number(&tx, programme).await?;
            insert_card(&tx, programme, member.id, &number, at).await?;
            let (digest, member_id) = (digest.to_vec(), member.id);
            let row = identity::Model { programme_id: programme, digest, member_id, linked_at: at };
            identity::Entity::insert(row.into_active_model())
                .exec_without_returning(tx.connection())
                .await?;
            enrolled_itself(&tx, actor, &member, at).await?;
            tx.commit(Enrolled { member, is_replay: false }).await
        })
        .await
    }
}

/// The audit trail names the member itself, whoever's token came with the request.
async fn enrolled_itself(
    tx: &Tx,
    actor: &Actor,
    member: &entity::members::member::Model,
    at: DateTime<Utc>,
) -> Result<()> {
    let itself = Actor::new(member.programme_id, Who::Member(member.id), Vec::new(), at);
    let change = Change {
        action: "member.enrolled",
        subject: member.id.to_string(),
        before: None,
        after: None,
    };
    audit::append(tx, &itself.through(actor.origin()), member.programme_id, at, change).await
}

async fn free_number(tx: &Tx, programme: ProgrammeId) -> Result<String> {
    for _ in 0..DRAWS_MAX {
        let number = draw()?;
        if card_by_number(tx, programme, &number).await?.is_none() {
            return Ok(number);
        }
    }
    Err(Error::internal("no card number is free"))
}

/// Fifteen random digits and the check digit of ISO/IEC 7812-1, annex B, by which a till sees that one
/// was mistyped. Random, since a number names its member at every till.
fn draw() -> Result<String> {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).map_err(|_| Error::internal("no random bytes to be had"))?;
    let payload = format!("{:015}", u64::from_be_bytes(bytes) % 1_000_000_000_000_000);
    Ok(format!("{payload}{}", check_digit(&payload)))
}

/// Luhn's: every second digit from the right is doubled, and all digits sum to a multiple of ten.
fn check_digit(payload: &str) -> u32 {
    let digits = payload.chars().rev().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => digit * 2 / 10 + digit * 2 % 10,
            _ => digit,
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_luhn_s() {
        assert_eq!(check_digit("7992739871"), 3);
        assert_eq!(check_digit("411111111111111"), 1);
        assert_eq!(check_digit("000000000000000"), 0);
    }

    #[test]
    fn numbers_are_sixteen_digits_and_never_the_same() {
        let (one, other) = (draw().unwrap(), draw().unwrap());
        assert!(one.len() == 16 && one.chars().all(|digit| digit.is_ascii_digit()), "{one}");
        assert_ne!(one, other);
    }
}
