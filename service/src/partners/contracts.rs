//! A partner's contract, version by version. A version in force is never edited.
//!
//! A version has no end of its own: in force is the last one whose `valid_from` has come. From the first one on
//! there is one at any moment, never none and never two, however versions are dated; none begins before the
//! one that it follows, nor in the past, where it would change what was priced already.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::amount::BasisPoints;
use entity::ids::{ContractId, PartnerId, ProgrammeId};
use entity::partners::contract::{self, Funding, OnUs};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::{Partners, lock};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::{Error, Result, with_causes};
use crate::page::{Page, Window};
use crate::refusal::{Code, Refusal};
use crate::settlement::credit::{self, LIMIT_MINOR_MAX};
use crate::text;
use crate::tx::retrying;

/// A million units a point.
const PRICE_MICROS_MAX: i64 = 1_000_000_000_000;

/// The terms of a new version.
#[derive(Clone, Debug)]
pub struct Sign {
    /// Whose.
    pub partner: PartnerId,
    /// From when; for the first version this may be in the past.
    pub valid_from: DateTime<Utc>,
    /// When the partner pays for its points.
    pub funding: Funding,
    /// Under `HYBRID`, the share due at issue; else it follows from `funding`.
    pub issue_share_bp: Option<BasisPoints>,
    /// Micro-units of settlement currency a point.
    pub issue_price_micros: i64,
    /// Micro-units of settlement currency a point.
    pub acceptance_price_micros: i64,
    /// On the money value it issues.
    pub service_fee_bp: BasisPoints,
    /// Of the reserve set free when its points expire.
    pub breakage_share_bp: BasisPoints,
    /// How points burned where they were issued are settled.
    pub on_us: OnUs,
    /// Minor units it may owe unsettled; none is without limit.
    pub credit_limit_minor: Option<i64>,
    /// Minor units at which the operator is told.
    pub credit_alert_minor: Option<i64>,
    /// Days to pay.
    pub payment_days: i32,
    /// Days to dispute.
    pub dispute_days: i32,
    /// Of the programme's tax table.
    pub tax_code: String,
}

impl Partners {
    /// Signs the next version.
    pub async fn sign(&self, actor: &Actor, wish: Sign) -> Result<contract::Model> {
        let (programme, _) = actor.operator(Scope::PartnersWrite)?;
        let at = self.clock.now();
        let tax_code =
            text::clean(&wish.tax_code, 32, Code::ValueOutOfRange).map_err(|r| r.at("taxCode"))?;
        check(&wish)?;
        let wish = Sign { tax_code, ..wish };
        let row = retrying(|| self.try_sign(actor, programme, &wish, at)).await?;
        self.directory.forget(programme);
        // It is signed, whatever becomes of this: credit is filled anew again and again.
        let partners = BTreeSet::from([row.partner_id]);
        if let Err(error) = credit::refill(&self.db, programme, partners, at).await {
            tracing::warn!(error = with_causes(&error), "credit will be filled later");
        }
        Ok(row)
    }

    async fn try_sign(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        wish: &Sign,
        at: DateTime<Utc>,
    ) -> Result<contract::Model> {
        let tx = self.db.begin().await?;
        lock(&tx, programme, wish.partner).await?;
        let last = contract::Entity::find()
            .filter(contract::Column::ProgrammeId.eq(programme))
            .filter(contract::Column::PartnerId.eq(wish.partner))
            .order_by_desc(contract::Column::Version)
            .one(tx.connection())
            .await?;
        if let Some(last) = &last
            && (wish.valid_from < last.valid_from || wish.valid_from < at)
        {
            return Err(Refusal::new(Code::ValidFromInvalid).at("validFrom").into());
        }
        let row = contract::Model {
            id: ContractId::at(at),
            programme_id: programme,
            partner_id: wish.partner,
            version: last.map_or(1, |last| last.version + 1),
            valid_from: wish.valid_from,
            funding: wish.funding,
            issue_share_bp: issue_share(wish)?,
            issue_price_micros: wish.issue_price_micros,
            acceptance_price_micros: wish.acceptance_price_micros,
            service_fee_bp: wish.service_fee_bp,
            breakage_share_bp: wish.breakage_share_bp,
            on_us: wish.on_us,
            credit_limit_minor: wish.credit_limit_minor,
            credit_alert_minor: wish.credit_alert_minor,
            payment_days: wish.payment_days,
            dispute_days: wish.dispute_days,
            tax_code: wish.tax_code.clone(),
            signed_at: at,
        };
        let row = row.into_active_model().insert(tx.connection()).await?;
        let after = serde_json::json!({ "partner": row.partner_id, "version": row.version, "validFrom": row.valid_from });
        let change = Change {
            action: "contract.signed",
            subject: row.id.to_string(),
            before: None,
            after: Some(&after),
        };
        audit::append(&tx, actor, programme, at, change).await?;
        tx.commit(row).await
    }

    /// A partner's versions, for operators and the partner itself.
    pub async fn contracts(
        &self,
        actor: &Actor,
        partner: PartnerId,
        window: Window<Uuid>,
    ) -> Result<Page<contract::Model>> {
        let programme = actor.programme()?;
        if !Self::may_see_terms(actor, partner) {
            return Err(Error::Forbidden(
                "only operators and the partner itself see its contracts".to_owned(),
            ));
        }
        let query = contract::Entity::find()
            .filter(contract::Column::ProgrammeId.eq(programme))
            .filter(contract::Column::PartnerId.eq(partner));
        window.read(self.db.reader_for(actor), query.cursor_by(contract::Column::Id)).await
    }

    /// Those of these versions that the caller may see.
    pub async fn contracts_by_ids(
        &self,
        actor: &Actor,
        ids: &[ContractId],
    ) -> Result<Vec<contract::Model>> {
        let programme = actor.programme()?;
        let query = contract::Entity::find()
            .filter(contract::Column::ProgrammeId.eq(programme))
            .filter(contract::Column::Id.is_in(ids.iter().copied()));
        let mut found = query.all(self.db.reader_for(actor)).await?;
        found.retain(|contract| Self::may_see_terms(actor, contract.partner_id));
        Ok(found)
    }
}

fn issue_share(wish: &Sign) -> Result<BasisPoints, Refusal> {
    let (implied, field) = match wish.funding {
        Funding::AtIssue => (BasisPoints::WHOLE, "all"),
        Funding::AtBurn => (BasisPoints::default(), "nothing"),
        Funding::Hybrid => {
            let missing = "Under HYBRID, say which share is due at issue.";
            return wish
                .issue_share_bp
                .ok_or(Refusal::new(Code::ValueOutOfRange).because(missing).at("issueShareBp"));
        }
    };
    match wish.issue_share_bp {
        Some(share) if share != implied => {
            let message = format!(
                "Under {}, {field} is due at issue: leave the share out.",
                wish.funding.name()
            );
            Err(Refusal::new(Code::ValueOutOfRange).because(message).at("issueShareBp"))
        }
        _ => Ok(implied),
    }
}

fn check(wish: &Sign) -> Result<(), Refusal> {
    between("issuePriceMicros", wish.issue_price_micros, PRICE_MICROS_MAX)?;
    between("acceptancePriceMicros", wish.acceptance_price_micros, PRICE_MICROS_MAX)?;
    let limit = wish.credit_limit_minor;
    between("creditLimitMinor", limit.unwrap_or(0), LIMIT_MINOR_MAX)?;
    let alert_max = limit.unwrap_or(LIMIT_MINOR_MAX);
    between("creditAlertMinor", wish.credit_alert_minor.unwrap_or(0), alert_max)?;
    between("paymentDays", wish.payment_days.into(), 365)?;
    between("disputeDays", wish.dispute_days.into(), 365)
}

fn between(field: &str, value: i64, max: i64) -> Result<(), Refusal> {
    if (0..=max).contains(&value) {
        return Ok(());
    }
    let message = format!("{field} must be between 0 and {max}, not {value}.");
    Err(Refusal::new(Code::ValueOutOfRange).because(message).at(field))
}
