//! Reading comparisons: a partner its own, an operator all. Members have none.

use std::collections::HashMap;

use entity::amount::Money;
use entity::ids::{PartnerId, PurchaseId, ReconciliationId, ReconciliationItemId};
use entity::reconciliation::reconciliation_item::{ReconciliationKind, ReconciliationOutcome};
use entity::reconciliation::{reconciliation, reconciliation_item};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use super::Reconciliation;
use super::names::Names;
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::page::{Page, Window};
use crate::purchases::known_receipts;
use crate::refusal::{Code, Refusal};
use crate::sheet::Sheet;

/// Which items of a comparison; all if nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only with this outcome.
    pub outcome: Option<ReconciliationOutcome>,
    /// Only of this kind.
    pub kind: Option<ReconciliationKind>,
}

/// The columns of an item in a file.
const COLUMNS: [&str; 18] = [
    "line",
    "kind",
    "outcome",
    "repeats_line",
    "receipt_number",
    "store_code",
    "payment",
    "occurred_at",
    "card_number",
    "customer_number",
    "amount_there",
    "amount_here",
    "points_there",
    "points_here",
    "purchase_id",
    "return_id",
    "entry_id",
    "item_id",
];

impl Reconciliation {
    /// The comparison with this id, if the caller may see it.
    pub async fn find(
        &self,
        actor: &Actor,
        id: ReconciliationId,
    ) -> Result<Option<reconciliation::Model>> {
        whose(actor)?;
        Ok(self.by_ids(actor, &[id]).await?.pop())
    }

    /// Comparisons by age: a partner's own, those of any to an operator.
    pub async fn list(
        &self,
        actor: &Actor,
        partner: Option<PartnerId>,
        window: Window<Uuid>,
    ) -> Result<Page<reconciliation::Model>> {
        let partner = match (whose(actor)?, partner) {
            (Some(own), Some(partner)) if own != partner => {
                return Err(Refusal::new(Code::PartnerNotFound).at("partnerId").into());
            }
            (own, partner) => own.or(partner),
        };
        let mut query = reconciliation::Entity::find()
            .filter(reconciliation::Column::ProgrammeId.eq(actor.programme()?));
        if let Some(partner) = partner {
            query = query.filter(reconciliation::Column::PartnerId.eq(partner));
        }
        window.read(self.db.reader_for(actor), query.cursor_by(reconciliation::Column::Id)).await
    }

    /// Comparisons by id, of those that the caller may see.
    pub async fn by_ids(
        &self,
        actor: &Actor,
        ids: &[ReconciliationId],
    ) -> Result<Vec<reconciliation::Model>> {
        let programme = actor.programme()?;
        let Ok(own) = whose(actor) else { return Ok(Vec::new()) };
        let mut query = reconciliation::Entity::find()
            .filter(reconciliation::Column::ProgrammeId.eq(programme))
            .filter(reconciliation::Column::Id.is_in(ids.iter().copied()));
        if let Some(own) = own {
            query = query.filter(reconciliation::Column::PartnerId.eq(own));
        }
        Ok(query.all(self.db.reader_for(actor)).await?)
    }

    /// Items by id, likewise.
    pub async fn items_by_ids(
        &self,
        actor: &Actor,
        ids: &[ReconciliationItemId],
    ) -> Result<Vec<reconciliation_item::Model>> {
        let programme = actor.programme()?;
        let Ok(own) = whose(actor) else { return Ok(Vec::new()) };
        let mut query = reconciliation_item::Entity::find()
            .filter(reconciliation_item::Column::ProgrammeId.eq(programme))
            .filter(reconciliation_item::Column::Id.is_in(ids.iter().copied()));
        if let Some(own) = own {
            query = query.filter(reconciliation_item::Column::PartnerId.eq(own));
        }
        Ok(query.all(self.db.reader_for(actor)).await?)
    }

    /// The items of a comparison that the caller was shown: the record's lines in their order, then what only
    /// the books have, by time.
    pub async fn items(
        &self,
        actor: &Actor,
        of: &reconciliation::Model,
        filter: Filter,
        window: Window<i32>,
    ) -> Result<Page<reconciliation_item::Model>> {
        let mut query = items_of(of);
        if let Some(outcome) = filter.outcome {
            query = query.filter(reconciliation_item::Column::Outcome.eq(outcome));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(reconciliation_item::Column::Kind.eq(kind));
        }
        let cursor = query.cursor_by(reconciliation_item::Column::Place);
        window.read(self.db.reader_for(actor), cursor).await
    }

    /// All items as a file.
    pub async fn file(&self, actor: &Actor, of: &reconciliation::Model) -> Result<String> {
        let currency = self.programmes.own(actor).await?.programme.currency;
        let rows = items_of(of).order_by_asc(reconciliation_item::Column::Place);
        let rows = rows.all(self.db.reader_for(actor)).await?;
        let mut sheet = Sheet::new(&COLUMNS);
        let money = |minor: Option<i64>| text(minor.map(|minor| Money { minor, currency }));
        for row in rows {
            sheet.row([
                text(row.line),
                row.kind.name().to_owned(),
                row.outcome.name().to_owned(),
                text(row.repeats_line),
                text(row.receipt_number),
                text(row.store_code),
                text(row.payment),
                row.occurred_at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
                text(row.card_number),
                text(row.customer_number),
                money(row.amount_there_minor),
                money(row.amount_here_minor),
                text(row.points_there),
                text(row.points_here),
                text(row.purchase_id),
                text(row.return_id),
                text(row.entry_id),
                row.id.to_string(),
            ]);
        }
        Ok(sheet.finish())
    }

    /// What has been recorded since of sales that were missing here, by item.
    pub async fn recorded_since(
        &self,
        actor: &Actor,
        missing: &[reconciliation_item::Model],
    ) -> Result<HashMap<ReconciliationItemId, PurchaseId>> {
        let programme = actor.programme()?;
        let rules = self.programmes.rules(programme).await?;
        let directory = self.partners.directory(programme).await?;
        let name = |row: &reconciliation_item::Model| {
            let names = Names { rules: &rules, directory: &directory, partner: row.partner_id };
            names.receipt(
                row.receipt_number.as_deref()?,
                row.store_code.as_deref(),
                row.occurred_at,
            )
        };
        let db = self.db.reader_for(actor);
        let known = known_receipts(db, programme, missing.iter().filter_map(name)).await?;
        let found = |row| Some((row, known.get(&name(row)?)?.purchase_id));
        let found = missing.iter().filter_map(found);
        Ok(found.map(|(row, purchase)| (row.id, purchase)).collect())
    }
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn items_of(of: &reconciliation::Model) -> Select<reconciliation_item::Entity> {
    reconciliation_item::Entity::find()
        .filter(reconciliation_item::Column::ProgrammeId.eq(of.programme_id))
        .filter(reconciliation_item::Column::ReconciliationId.eq(of.id))
}

/// The partner whose comparisons alone the caller sees; none to those who see all.
fn whose(actor: &Actor) -> Result<Option<PartnerId>> {
    actor.programme()?;
    match actor.who() {
        Who::Operator(_) | Who::System => actor.with(Scope::PurchasesRead).map(|()| None),
        Who::Partner(own, _) => actor.with(Scope::PurchasesRead).map(|()| Some(own)),
        Who::Member(_) | Who::Anonymous => {
            Err(Error::Forbidden("only a partner or an operator may do this".to_owned()))
        }
    }
}
