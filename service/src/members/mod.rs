//! Members: enrolled, named by cards and customer numbers, suspended, closed; households.

mod former;
mod households;
mod identity;
mod names;
mod resolve;
mod see;

use chrono::{DateTime, Utc};
use entity::ids::{CardId, MemberId, ProgrammeId, WalletId};
use entity::ledger::wallet;
use entity::members::card;
use entity::members::member::{self, MemberStatus};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

pub use self::households::Pool;
pub(crate) use self::resolve::resolve;
pub use self::resolve::{MemberRef, Resolved, may_earn, may_spend};

use crate::actor::{Actor, Scope, Who};
use crate::audit::{self, Change};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::Result;
use crate::ledger::core::Wallet;
use crate::refusal::{Code, Refusal};
use crate::tx::Tx;
use crate::{text, tx};

/// The use cases.
pub struct Members {
    db: Db,
    clock: Clock,
}

/// A member to be enrolled.
#[derive(Clone, Debug)]
pub struct Enrol {
    /// Its first card; enrolling a card again answers with its member.
    pub card_number: String,
    /// The partner's customer number, when a partner enrols.
    pub partner_reference: Option<String>,
}

/// What enrolling did.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// The member.
    pub member: member::Model,
    /// Whether it was enrolled before.
    pub is_replay: bool,
}

impl Members {
    /// The use cases over this database.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// Enrols a member with a card: an operator, a partner at the till, or a person in a partner's
    /// shop or app, which asks with its partner's token. The card is the natural key.
    pub async fn enrol(&self, actor: &Actor, wish: Enrol) -> Result<Enrolled> {
        actor.with(Scope::MembersWrite)?;
        let programme = actor.programme()?;
        let number = &text::card_number(&wish.card_number)?;
        let reference = self.reference_of(actor, wish.partner_reference.as_deref())?;
        tx::retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            if let Some(known) = card_by_number(&tx, programme, number).await? {
                let member = lock(&tx, programme, known.member_id).await?;
                if let Some((partner, text)) = &reference {
                    names::refer(&tx, actor, programme, *partner, text, member.id, at).await?;
                }
                return tx.commit(Enrolled { member, is_replay: true }).await;
            }
            let member = insert(&tx, programme, at).await?;
            insert_card(&tx, programme, member.id, number, at).await?;
            if let Some((partner, text)) = &reference {
                names::add_reference(&tx, programme, *partner, text, member.id, at).await?;
            }
            let change = Change {
                action: "member.enrolled",
                subject: member.id.to_string(),
                before: None,
                after: None,
            };
            audit::append(&tx, actor, programme, at, change).await?;
            tx.commit(Enrolled { member, is_replay: false }).await
        })
        .await
    }

    /// The partner and customer number that a partner's client gave.
    fn reference_of(
        &self,
        actor: &Actor,
        text: Option<&str>,
    ) -> Result<Option<(entity::ids::PartnerId, String)>> {
        let Some(text) = text else { return Ok(None) };
        let Who::Partner(partner, _) = actor.who() else {
            let message = "Only a partner has customer numbers.";
            return Err(Refusal::new(Code::ReferenceInvalid)
                .because(message)
                .at("partnerReference")
                .into());
        };
        Ok(Some((partner, names::reference(text)?)))
    }

    /// Stops a member from spending; it still earns.
    pub async fn suspend(&self, actor: &Actor, member: MemberId) -> Result<member::Model> {
        self.set_status(actor, member, MemberStatus::Suspended, "member.suspended").await
    }

    /// Lets a suspended member spend again.
    pub async fn reinstate(&self, actor: &Actor, member: MemberId) -> Result<member::Model> {
        self.set_status(actor, member, MemberStatus::Active, "member.reinstated").await
    }

    /// Ends a membership, for good. Returns of what was bought before still count.
    pub async fn close(&self, actor: &Actor, member: MemberId) -> Result<member::Model> {
        self.set_status(actor, member, MemberStatus::Closed, "member.closed").await
    }

    async fn set_status(
        &self,
        actor: &Actor,
        member: MemberId,
        status: MemberStatus,
        action: &'static str,
    ) -> Result<member::Model> {
        let (programme, _) = actor.operator(Scope::MembersWrite)?;
        tx::retrying(|| async {
            let tx = self.db.begin().await?;
            let before = lock(&tx, programme, member).await?;
            if before.status == status {
                return Ok(before);
            }
            if before.status == MemberStatus::Closed {
                return Err(Refusal::new(Code::MemberClosed).at("memberId").into());
            }
            let after = member::Model { status, version: before.version + 1, ..before.clone() };
            let (was, is) = (
                serde_json::json!({ "status": before.status }),
                serde_json::json!({ "status": status }),
            );
            let subject = member.to_string();
            let change = Change { action, subject, before: Some(&was), after: Some(&is) };
            audit::append(&tx, actor, programme, self.clock.now(), change).await?;
            let row = after.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(row).await
        })
        .await
    }
}

/// A new member with an empty wallet.
async fn insert(tx: &Tx, programme: ProgrammeId, at: DateTime<Utc>) -> Result<member::Model> {
    let wallet = open_wallet(tx, programme, at).await?;
    let row = member::Model {
        id: MemberId::at(at),
        programme_id: programme,
        wallet_id: wallet,
        household_id: None,
        status: MemberStatus::Active,
        version: 1,
        enrolled_at: at,
    };
    Ok(row.into_active_model().insert(tx.connection()).await?)
}

/// A new, empty wallet. It is the one row of the ledger that is made outside its gate: nothing
/// moves.
async fn open_wallet(tx: &Tx, programme: ProgrammeId, at: DateTime<Utc>) -> Result<WalletId> {
    let row = Wallet::empty(programme, WalletId::at(at), at).row;
    let id = row.id;
    wallet::Entity::insert(row.into_active_model()).exec_without_returning(tx.connection()).await?;
    Ok(id)
}

async fn insert_card(
    tx: &Tx,
    programme: ProgrammeId,
    member: MemberId,
    number: &str,
    at: DateTime<Utc>,
) -> Result<card::Model> {
    let row = card::Model {
        id: CardId::at(at),
        programme_id: programme,
        member_id: member,
        number: number.to_owned(),
        blocked_at: None,
        linked_at: at,
    };
    Ok(row.into_active_model().insert(tx.connection()).await?)
}

async fn card_by_number(
    tx: &Tx,
    programme: ProgrammeId,
    number: &str,
) -> Result<Option<card::Model>> {
    let query = card::Entity::find()
        .filter(card::Column::ProgrammeId.eq(programme))
        .filter(card::Column::Number.eq(number));
    Ok(query.one(tx.connection()).await?)
}

/// The member's row, locked against other changes of it.
async fn lock(tx: &Tx, programme: ProgrammeId, member: MemberId) -> Result<member::Model> {
    let query =
        member::Entity::find_by_id(member).filter(member::Column::ProgrammeId.eq(programme));
    let row = query.lock_exclusive().one(tx.connection()).await?;
    row.ok_or(Refusal::new(Code::MemberNotFound).at("memberId").into())
}
