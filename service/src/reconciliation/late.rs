//! Sales that were missing here become purchases: late ones, by the use case and with the checks of any other.
//!
//! A receipt's natural key sees to it that each is recorded once, however often and by whomever it is asked for.
//! So the caller's key only binds a request to what it asked for first: asked again, what was recorded
//! answers as it did, and what was refused is tried anew.

use entity::ids::{PartnerId, ProgrammeId, ReconciliationId, ReconciliationItemId};
use entity::ledger::idempotency_key::Outcome;
use entity::purchases::purchase::{Channel, Line};
use entity::reconciliation::reconciliation_item::{ReconciliationKind, ReconciliationOutcome};
use entity::reconciliation::{reconciliation, reconciliation_item};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::{RECORDED_MAX, Reconciliation, RecordMissing, RecordedMissing, Which};
use crate::actor::{Actor, Scope};
use crate::error::{Error, Result};
use crate::keys;
use crate::ledger::core::Key;
use crate::members::MemberRef;
use crate::programmes::Rules;
use crate::purchases::{Mode, Receipt};
use crate::refusal::{Code, Refusal};
use crate::rows::find_among;
use crate::tx::retrying;

/// The article of a receipt of which only the total is known.
const SKU: &str = "RECONCILED";

#[derive(Serialize)]
struct Canonical<'a> {
    reconciliation: ReconciliationId,
    items: Option<&'a [ReconciliationItemId]>,
    behind: Option<ReconciliationItemId>,
}

impl Reconciliation {
    /// Records sales that were missing here, each with its own answer.
    pub async fn record_missing(
        &self,
        actor: &Actor,
        wish: RecordMissing,
    ) -> Result<RecordedMissing> {
        let (programme, partner) = actor.partner(Scope::PurchasesWrite)?;
        let (items, behind) = match &wish.which {
            Which::These(items) => (Some(&items[..]), None),
            Which::Behind(item) => (None, *item),
        };
        if items.is_some_and(|items| items.is_empty() || items.len() > RECORDED_MAX) {
            let message = format!("itemIds names 1 to {RECORDED_MAX} items");
            return Err(Error::bad_input("input.itemIds", message));
        }
        let canonical = Canonical { reconciliation: wish.reconciliation, items, behind };
        let key = keys::key(actor, &wish.idempotency_key, "recordMissingPurchases", &canonical)?;
        let rules = self.programmes.rules(programme).await?;
        let found = self.comparison(programme, partner, wish.reconciliation).await?;
        let (rows, more_behind) = match items {
            Some(items) => (self.these(&found, items).await?, None),
            None => self.behind(&found, behind).await?,
        };
        let is_replay = retrying(|| self.bind(programme, &key, found.id)).await?;
        let receipts = rows.iter().map(|row| receipt(&rules, row)).collect::<Result<Vec<_>>>()?;
        let answers = match receipts.is_empty() {
            true => Vec::new(),
            false => self.purchases.record_many(actor, receipts, Mode::Live).await?,
        };
        let answers = rows.into_iter().zip(answers).collect();
        Ok(RecordedMissing { reconciliation: found, answers, more_behind, is_replay })
    }

    async fn comparison(
        &self,
        programme: ProgrammeId,
        partner: PartnerId,
        id: ReconciliationId,
    ) -> Result<reconciliation::Model> {
        let query = reconciliation::Entity::find_by_id((programme, id))
            .filter(reconciliation::Column::PartnerId.eq(partner));
        let row = query.one(self.db.reader()).await?;
        Ok(row.ok_or(Refusal::new(Code::ReconciliationNotFound).at("reconciliationId"))?)
    }

    /// The items so named, in that order.
    async fn these(
        &self,
        of: &reconciliation::Model,
        items: &[ReconciliationItemId],
    ) -> Result<Vec<reconciliation_item::Model>> {
        let (column, ids) = (reconciliation_item::Column::Id, items.iter().map(|id| id.uuid()));
        let db = self.db.reader();
        let found =
            find_among::<reconciliation_item::Entity, _>(db, of.programme_id, column, ids, "")
                .await?;
        let mut rows: Vec<reconciliation_item::Model> = Vec::with_capacity(items.len());
        for (place, id) in items.iter().enumerate() {
            let refused = |code| Refusal::new(code).at(&format!("itemIds.{place}"));
            let row = found.iter().find(|row| row.id == *id && row.reconciliation_id == of.id);
            let is_twice = items[..place].contains(id);
            let row = row.filter(|_| !is_twice);
            let row = row.ok_or_else(|| refused(Code::ReconciliationItemNotFound))?;
            if !is_missing_sale(row) {
                return Err(refused(Code::ReconciliationItemNotMissing).into());
            }
            rows.push(row.clone());
        }
        Ok(rows)
    }

    /// The first sales missing here behind that item, and the last of them if there are more.
    async fn behind(
        &self,
        of: &reconciliation::Model,
        item: Option<ReconciliationItemId>,
    ) -> Result<(Vec<reconciliation_item::Model>, Option<ReconciliationItemId>)> {
        let items = || {
            reconciliation_item::Entity::find()
                .filter(reconciliation_item::Column::ProgrammeId.eq(of.programme_id))
                .filter(reconciliation_item::Column::ReconciliationId.eq(of.id))
        };
        let mut place = -1;
        if let Some(item) = item {
            let row = items().filter(reconciliation_item::Column::Id.eq(item));
            let row = row.one(self.db.reader()).await?;
            let missing = || Refusal::new(Code::ReconciliationItemNotFound).at("afterItemId");
            place = row.ok_or_else(missing)?.place;
        }
        let most = u64::try_from(RECORDED_MAX).unwrap_or(u64::MAX);
        let mut rows = items()
            .filter(reconciliation_item::Column::Place.gt(place))
            .filter(reconciliation_item::Column::Outcome.eq(ReconciliationOutcome::MissingHere))
            .filter(reconciliation_item::Column::Kind.eq(ReconciliationKind::Sale))
            .order_by_asc(reconciliation_item::Column::Place)
            .limit(most + 1)
            .all(self.db.reader())
            .await?;
        let has_more = rows.len() > RECORDED_MAX;
        rows.truncate(RECORDED_MAX);
        let last = rows.last().map(|row| row.id).filter(|_| has_more);
        Ok((rows, last))
    }

    /// Binds the key to its request; says whether it was before.
    async fn bind(&self, programme: ProgrammeId, key: &Key, of: ReconciliationId) -> Result<bool> {
        let tx = self.db.begin().await?;
        if keys::earlier(&tx, programme, key).await?.is_some() {
            return Ok(true);
        }
        let outcome = Outcome { wallet: None, entry: None, subject: Some(of.to_string()) };
        keys::insert(&tx, programme, key, outcome, self.clock.now()).await?;
        tx.commit(false).await
    }
}

fn is_missing_sale(row: &reconciliation_item::Model) -> bool {
    row.kind == ReconciliationKind::Sale && row.outcome == ReconciliationOutcome::MissingHere
}

/// The receipt as far as a record tells of it: its total as one line.
fn receipt(rules: &Rules, row: &reconciliation_item::Model) -> Result<Receipt> {
    let (Some(number), Some(total_minor)) = (&row.receipt_number, row.amount_there_minor) else {
        return Err(Error::internal("a sale without a receipt number or an amount"));
    };
    let card = row.card_number.clone().map(MemberRef::Card);
    let customer = || Some(MemberRef::Reference(row.partner_id, row.customer_number.clone()?));
    let line = Line {
        sku: SKU.to_owned(),
        category: None,
        brand: None,
        quantity: 1,
        amount_minor: total_minor,
        discount_minor: 0,
    };
    Ok(Receipt {
        partner: row.partner_id,
        store_code: row.store_code.clone(),
        receipt_number: number.clone(),
        member: card.or_else(customer),
        channel: Channel::Store,
        occurred_at: row.occurred_at,
        currency: rules.programme.currency,
        total_minor,
        lines: vec![line],
        coupons: Vec::new(),
        coupon_minor: Vec::new(),
    })
}
