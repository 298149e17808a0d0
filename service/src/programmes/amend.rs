//! Changing a programme's settings. What loosens the control over operators themselves, a higher limit of
//! adjustments or of payouts, takes two of them: otherwise whoever is held to it could lift it. So does what
//! makes money of cashback elsewhere: another account to pay it from, more points for it. And so does in whose
//! name money is fetched from partners.

use chrono::{DateTime, Utc};
use entity::ids::ProgrammeId;
use entity::programmes::programme::{self, ExpiryPolicy};
use entity::proposals::proposal;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QuerySelect};
use serde::{Deserialize, Serialize};

use super::{Programmes, settings};
use crate::activity;
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::proposals::{self, Wish};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::{Tx, retrying};

/// What an operator changes; what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Amend {
    /// The version that the operator saw.
    pub expected_version: i32,
    /// A new name.
    pub name: Option<String>,
    /// New settings.
    #[serde(flatten)]
    pub settings: settings::Change,
}

impl Programmes {
    /// Changes what the programme's operators may. A change that needs a second one is proposed
    /// instead, all of it, and answered with.
    pub async fn amend(&self, actor: &Actor, wish: Amend) -> Result<Option<proposal::Model>> {
        let (programme, operator) = actor.operator(Scope::ProgrammeWrite)?;
        let proposed = retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let (before, after) = amended(&tx, programme, &wish).await?;
            if takes_two(&before, &after) {
                let wish = Wish::AmendProgramme(wish.clone());
                let by = (programme, operator);
                let proposal = proposals::make(&tx, actor, by, &wish, at).await?;
                return tx.commit(Some(proposal)).await;
            }
            write(&tx, actor, &before, after, at).await?;
            tx.commit(None).await
        })
        .await?;
        self.forget(programme);
        Ok(proposed)
    }
}

/// Whether one operator alone can't be trusted with the change.
fn takes_two(before: &programme::Model, after: &programme::Model) -> bool {
    let debtor = |row: &programme::Model| {
        (row.debtor_name.clone(), row.debtor_iban.clone(), row.debtor_bic.clone())
    };
    after.adjustment_limit > before.adjustment_limit
        || after.points_per_minor > before.points_per_minor
        || after.payout_run_limit_minor > before.payout_run_limit_minor
        || debtor(after) != debtor(before)
        || after.creditor_id != before.creditor_id
}

/// Changes what two operators agreed on.
pub(crate) async fn apply(
    tx: &Tx,
    actor: &Actor,
    programme: ProgrammeId,
    wish: Amend,
    at: DateTime<Utc>,
) -> Result<()> {
    let (before, after) = amended(tx, programme, &wish).await?;
    write(tx, actor, &before, after, at).await
}

/// How the programme is, locked, and how it would be.
async fn amended(
    tx: &Tx,
    programme: ProgrammeId,
    wish: &Amend,
) -> Result<(programme::Model, programme::Model)> {
    let before =
        programme::Entity::find_by_id(programme).lock_exclusive().one(tx.connection()).await?;
    let before = before.ok_or(Error::Unauthenticated("the token's programme doesn't exist"))?;
    if before.version != wish.expected_version {
        return Err(Error::Conflict(before.version));
    }
    let mut after = wish.settings.clone().apply_to(before.clone())?;
    if let Some(name) = &wish.name {
        after.name = text::name(name)?;
    }
    stays_dated_or_not(&before, &after)?;
    keeps_counted_days(tx, &before, &after).await?;
    after.version += 1;
    Ok((before, after))
}

/// Points carry their date of expiry, or none: what was earned under one kind of policy can't expire
/// under the other.
fn stays_dated_or_not(before: &programme::Model, after: &programme::Model) -> Result<(), Refusal> {
    let is_dated = |row: &programme::Model| row.expiry_policy != ExpiryPolicy::Inactivity;
    if is_dated(before) == is_dated(after) {
        return Ok(());
    }
    let message = "A programme's points expire by date or by inactivity from its beginning on.";
    Err(Refusal::new(Code::ValueOutOfRange).because(message).at("expiryPolicy"))
}

/// Purchases are counted by day: once one is, a day stays where it begins.
async fn keeps_counted_days(
    tx: &Tx,
    before: &programme::Model,
    after: &programme::Model,
) -> Result<()> {
    if before.time_zone == after.time_zone || !activity::is_counted(tx, before.id).await? {
        return Ok(());
    }
    Err(Refusal::new(Code::TimeZoneInUse).at("timeZone").into())
}

async fn write(
    tx: &Tx,
    actor: &Actor,
    before: &programme::Model,
    after: programme::Model,
    at: DateTime<Utc>,
) -> Result<()> {
    let change = Change {
        action: "programme.amended",
        subject: before.id.to_string(),
        before: Some(&settings::seen(before)),
        after: Some(&settings::seen(&after)),
    };
    audit::append(tx, actor, before.id, at, change).await?;
    after.into_active_model().reset_all().update(tx.connection()).await?;
    Ok(())
}
