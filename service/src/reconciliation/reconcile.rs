//! A record comes in, is compared with one unchanging state of the books, and the comparison is kept.

use entity::ids::{PartnerId, ProgrammeId, ReconciliationId, ReconciliationItemId};
use entity::ledger::idempotency_key::Outcome;
use entity::reconciliation::{reconciliation, reconciliation_item};
use sea_orm::{EntityTrait, IntoActiveModel};
use serde::Serialize;

use super::books::Asked;
use super::core::{self, Frame, Item, Line, Named, Period};
use super::names::Names;
use super::{Reconcile, Reconciled, Reconciliation};
use crate::actor::{Actor, Scope};
use crate::error::{Error, Result};
use crate::keys;
use crate::ledger::core::Key;
use crate::partners::Directory;
use crate::refusal::{Code, Refusal};
use crate::rows::insert_all;
use crate::tx::{Tx, patiently, retrying};

#[derive(Serialize)]
struct Canonical<'a> {
    from: chrono::DateTime<chrono::Utc>,
    until: chrono::DateTime<chrono::Utc>,
    csv: &'a str,
}

/// A comparison that is to be kept.
struct Compared {
    reconciliation: reconciliation::Model,
    items: Vec<reconciliation_item::Model>,
}

impl Reconciliation {
    /// Compares a partner's record with the books; all that is wrong with the record if anything is.
    pub async fn reconcile(
        &self,
        actor: &Actor,
        wish: Reconcile,
    ) -> Result<Result<Reconciled, Vec<Refusal>>> {
        let (programme, partner) = actor.partner(Scope::PurchasesRead)?;
        let canonical = Canonical { from: wish.from, until: wish.until, csv: &wish.csv };
        let key = keys::key(actor, &wish.idempotency_key, "reconcile", &canonical)?;
        if let Some(done) = patiently(self.earlier(programme, &key)).await? {
            return Ok(Ok(done));
        }
        let period = Period::past(wish.from, wish.until, self.clock.now())?;
        let rules = self.programmes.rules(programme).await?;
        let directory = self.partners.directory(programme).await?;
        let scope = directory.partner(partner).map(|row| row.receipt_scope);
        let scope = scope.ok_or(Refusal::new(Code::PartnerNotFound))?;
        let frame = Frame { period, scope, currency: rules.programme.currency };
        let lines = match core::read(&wish.csv, &frame) {
            Ok(lines) => lines,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let names = Names { rules: &rules, directory: &directory, partner };
        let record: Vec<Named> = lines.into_iter().map(|line| names.named(line)).collect();
        let line_count = record.len();
        let items = patiently(self.compare(actor, (programme, partner), period, record)).await?;
        let compared =
            self.compared(actor, (programme, partner), period, (line_count, items), &directory)?;
        Ok(Ok(retrying(|| self.keep(&key, &compared)).await?))
    }

    async fn earlier(&self, programme: ProgrammeId, key: &Key) -> Result<Option<Reconciled>> {
        let tx = self.db.snapshot().await?;
        let earlier = keys::earlier(&tx, programme, key).await?;
        let Some(earlier) = earlier else { return tx.commit(None).await };
        let done = replay(&tx, programme, &earlier).await?;
        tx.commit(Some(done)).await
    }

    async fn compare(
        &self,
        actor: &Actor,
        (programme, partner): (ProgrammeId, PartnerId),
        period: Period,
        record: Vec<Named>,
    ) -> Result<Vec<Item>> {
        let tx = self.db.snapshot().await?;
        let asked = Asked { programme, partner, caller: actor.caller(), period, record: &record };
        let books = asked.read(&tx).await?;
        tx.commit(core::compare(record, &books, period)).await
    }

    /// The comparison as rows.
    fn compared(
        &self,
        actor: &Actor,
        (programme, partner): (ProgrammeId, PartnerId),
        period: Period,
        (line_count, items): (usize, Vec<Item>),
        directory: &Directory,
    ) -> Result<Compared> {
        let at = self.clock.now();
        let reconciliation = reconciliation::Model {
            programme_id: programme,
            id: ReconciliationId::at(at),
            partner_id: partner,
            from_at: period.from,
            until_at: period.until,
            line_count: number(line_count)?,
            totals: core::totals(&items)?,
            reconciled_at: at,
            actor: actor.to_string(),
        };
        let row = |(place, item)| {
            let row = row(&reconciliation, number(place)?, item, directory);
            Ok(reconciliation_item::Model { id: ReconciliationItemId::at(at), ..row })
        };
        let items = items.into_iter().enumerate().map(row).collect::<Result<_>>()?;
        Ok(Compared { reconciliation, items })
    }

    async fn keep(&self, key: &Key, compared: &Compared) -> Result<Reconciled> {
        let Compared { reconciliation, items } = compared;
        let programme = reconciliation.programme_id;
        let tx = self.db.begin().await?;
        if let Some(earlier) = keys::earlier(&tx, programme, key).await? {
            return replay(&tx, programme, &earlier).await;
        }
        let subject = Some(reconciliation.id.to_string());
        let outcome = Outcome { wallet: None, entry: None, subject };
        keys::insert(&tx, programme, key, outcome, reconciliation.reconciled_at).await?;
        reconciliation::Entity::insert(reconciliation.clone().into_active_model())
            .exec_without_returning(tx.connection())
            .await?;
        insert_all::<reconciliation_item::Entity>(&tx, items).await?;
        let reconciliation = reconciliation.clone();
        tx.commit(Reconciled { reconciliation, is_replay: false }).await
    }
}

impl Names<'_> {
    fn named(&self, line: Line) -> Named {
        let sold_at = line.sold_at(self.rules.zone);
        let receipt = line
            .receipt_number
            .as_deref()
            .and_then(|number| self.receipt(number, line.store_code.as_deref(), sold_at));
        Named { line, receipt }
    }
}

async fn replay(tx: &Tx, programme: ProgrammeId, earlier: &Outcome) -> Result<Reconciled> {
    let id: Option<ReconciliationId> = earlier.subject.as_deref().and_then(|id| id.parse().ok());
    let id = id.ok_or(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"))?;
    let row = reconciliation::Entity::find_by_id((programme, id)).one(tx.connection()).await?;
    let row = row.ok_or_else(|| Error::internal("a key names a comparison that isn't there"))?;
    Ok(Reconciled { reconciliation: row, is_replay: true })
}

fn number(count: usize) -> Result<i32> {
    i32::try_from(count).map_err(Error::internal)
}

fn row(
    of: &reconciliation::Model,
    place: i32,
    item: Item,
    directory: &Directory,
) -> reconciliation_item::Model {
    let Item { kind, outcome, line, repeats, here } = item;
    let (line, here) = (line.as_ref(), here.as_ref());
    let store = here.and_then(|here| directory.store_by_id(here.store?));
    let store_code =
        line.map_or_else(|| store.map(|store| store.code.clone()), |line| line.store_code.clone());
    let occurred_at = line.map(|line| line.occurred_at).or(here.map(|here| here.occurred_at));
    let payment = here.filter(|here| here.purchase.is_none()).and_then(|here| {
        here.reference.clone().or_else(|| here.entry.map(|entry| entry.to_string()))
    });
    let told = |line: Option<String>, here: Option<String>| line.or(here);
    reconciliation_item::Model {
        programme_id: of.programme_id,
        reconciliation_id: of.id,
        place,
        id: ReconciliationItemId::at(of.reconciled_at),
        partner_id: of.partner_id,
        line: line.map(|line| line.number),
        repeats_line: repeats,
        kind,
        outcome,
        receipt_number: told(
            line.and_then(|line| line.receipt_number.clone()),
            here.and_then(|here| here.receipt_number.clone()),
        ),
        store_code,
        payment: told(line.and_then(|line| line.payment.clone()), payment),
        occurred_at: occurred_at.unwrap_or(of.from_at),
        card_number: line.and_then(|line| line.card_number.clone()),
        customer_number: line.and_then(|line| line.customer_number.clone()),
        amount_there_minor: line.and_then(|line| line.amount_minor),
        amount_here_minor: here.and_then(|here| here.amount_minor),
        points_there: line.and_then(|line| line.points),
        points_here: here.map(|here| here.points),
        purchase_id: here.and_then(|here| here.purchase),
        return_id: here.and_then(|here| here.purchase_return),
        entry_id: here.and_then(|here| here.entry),
    }
}
