//! Cashback: money back, not points. Accrued with purchases, confirmed after the return window, cut by
//! returns, paid out to bank accounts or converted to points when the member asks.
//!
//! Everything that moves it goes through one gate, [`gate`], in the manner of the points ledger: it
//! loads what a batch of commands needs, folds them in the pure [`core`], and stores what they wrote, each
//! in a fixed number of statements. A cashback wallet has the id of a points wallet, whose row is the lock
//! of both: purchases, returns and pooling come here once the points gate has locked it.

mod alone;
mod bank_accounts;
mod confirm;
mod convert;
pub mod core;
mod gate;
mod pain;
mod payouts;
mod purchases;
mod read;
pub(crate) mod runs;
mod settle;

use std::sync::Arc;

use entity::ids::{MemberId, ProgrammeId};
use entity::members::member;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

pub use self::bank_accounts::SetBankAccount;
pub use self::confirm::{Confirm, Confirmed, Failure};
pub use self::convert::{Convert, Converted};
pub use self::payouts::{Cancel, RequestPayout, Requested};
pub use self::read::{Payouts as Filter, accrual_key};
pub use self::runs::{Ran, Run};

pub(crate) use self::gate::{is_empty, pool};
pub(crate) use self::purchases::follow;

use crate::auth::MasterKey;
use crate::clock::Clock;
use crate::db::Db;
use crate::error::Result;
use crate::programmes::Programmes;
use crate::refusal::{Code, Refusal};
use crate::tx::Tx;

/// The use cases.
pub struct Cashback {
    db: Db,
    clock: Clock,
    programmes: Arc<Programmes>,
    master_key: MasterKey,
}

impl Cashback {
    /// The use cases over this database; bank accounts are sealed under the master key.
    pub(crate) fn new(
        db: Db,
        clock: Clock,
        programmes: Arc<Programmes>,
        master_key: MasterKey,
    ) -> Self {
        Self { db, clock, programmes, master_key }
    }
}

/// The member's row, locked: what it asks for comes one after the other.
async fn lock_member(tx: &Tx, programme: ProgrammeId, id: MemberId) -> Result<member::Model> {
    let query = member::Entity::find_by_id(id).filter(member::Column::ProgrammeId.eq(programme));
    let row = query.lock_exclusive().one(tx.connection()).await?;
    Ok(row.ok_or(Refusal::new(Code::MemberNotFound))?)
}
