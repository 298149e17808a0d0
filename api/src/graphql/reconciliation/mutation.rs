//! Comparing a record, and recording what was missing. For partners.

use async_graphql::{Context, Object, SimpleObject};
use entity::amount::Currency;
use entity::reconciliation::reconciliation_item;
use service::purchases::Recorded;
use service::reconciliation::{Reconcile as Wish, RecordMissing, RecordedMissing, Which};
use service::{Error, Refusal};

use super::inputs::{ReconcileInput, RecordMissingPurchasesInput};
use super::types::{Reconciliation, ReconciliationItem};
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::mutation::{UserError, answer, mutation};
use crate::graphql::purchases::mutation::RecordPurchase;
use crate::graphql::purchases::{Purchase, currency, micros};
use crate::graphql::scalars::{Id, Points};

/// The mutations of this context.
#[derive(Default)]
pub struct ReconciliationMutation;

mutation! {
    Reconcile refuses [
        RecordInvalid, RecordLineInvalid, RecordTooLarge, PeriodInvalid, PeriodTooLarge, PartnerNotFound,
        IdempotencyKeyInvalid, IdempotencyKeyReused, Overflow,
    ];
    /// What comparing a record did. A record that can't be read has an error for each place that is wrong, at
    /// most twenty, with line and column in its path: `["csv", "7", "amount"]`.
    pub struct ReconcilePayload {
        /// The comparison; null when refused.
        reconciliation: Option<Reconciliation>,
        /// Whether an earlier request with the same key had made it.
        is_replayed: bool,
    }
}

mutation! {
    RecordMissingPurchases refuses [
        ReconciliationNotFound, ReconciliationItemNotFound, ReconciliationItemNotMissing,
        IdempotencyKeyInvalid, IdempotencyKeyReused,
    ];
    /// What recording sales that were missing here did.
    pub struct RecordMissingPurchasesPayload {
        /// The comparison, which stays as it was made; null when refused.
        reconciliation: Option<Reconciliation>,
        /// One answer for each item, in the order asked for, or of the record.
        results: Vec<MissingPurchase>,
        /// The item behind which more sales are missing here; null where none are, or items were named.
        more_behind: Option<async_graphql::ID>,
        /// Whether an earlier request with the same key had asked for it.
        is_replayed: bool,
    }
}

/// What became of one sale that was missing here.
#[derive(SimpleObject)]
pub struct MissingPurchase {
    /// Which.
    item: ReconciliationItem,
    /// The receipt; null when refused.
    purchase: Option<Purchase>,
    /// What it earned; 0 while it has no member.
    points: Points,
    /// Whether it had been recorded before.
    is_replayed: bool,
    /// Why it was refused, as from a till. Empty when it was recorded.
    user_errors: Vec<UserError<RecordPurchase>>,
}

#[Object]
impl ReconciliationMutation {
    /// Compares a partner's own record of a period with the books, and keeps the comparison. It changes
    /// nothing else. For partners with `purchases:read`.
    async fn reconcile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ReconcileInput,
    ) -> Result<ReconcilePayload> {
        let (services, actor) = app(ctx);
        let wish = Wish {
            from: micros(input.from),
            until: micros(input.until),
            csv: input.csv,
            idempotency_key: input.idempotency_key,
        };
        let outcome = match services.reconciliation.reconcile(actor, wish).await {
            Ok(Err(wrong)) => {
                let user_errors = wrong.into_iter().map(UserError::from).collect();
                return Ok(ReconcilePayload { user_errors, ..ReconcilePayload::default() });
            }
            Ok(Ok(done)) => Ok(done),
            Err(error) => Err(error),
        };
        let currency = currency(ctx).await?;
        answer(outcome, |done| ReconcilePayload {
            reconciliation: Some(Reconciliation { row: done.reconciliation, currency }),
            is_replayed: done.is_replay,
            ..ReconcilePayload::default()
        })
    }

    /// Records sales that were missing here as late purchases, each with its total as one line and with the
    /// checks of `recordPurchase`; at most 500 at once. For partners with `purchases:write`.
    async fn record_missing_purchases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RecordMissingPurchasesInput,
    ) -> Result<RecordMissingPurchasesPayload> {
        let (services, actor) = app(ctx);
        actor.partner(service::Scope::PurchasesWrite)?;
        let which = which(input.item_ids, input.after_item_id)?;
        let wish = RecordMissing {
            reconciliation: input.reconciliation_id.0,
            which,
            idempotency_key: input.idempotency_key,
        };
        let outcome = services.reconciliation.record_missing(actor, wish).await;
        let currency = currency(ctx).await?;
        answer(outcome, |RecordedMissing { reconciliation, answers, more_behind, is_replay }| {
            let result = |(row, answer)| missing(row, answer, currency);
            RecordMissingPurchasesPayload {
                reconciliation: Some(Reconciliation { row: reconciliation, currency }),
                results: answers.into_iter().map(result).collect(),
                more_behind: more_behind.map(|id| id.to_string().into()),
                is_replayed: is_replay,
                ..RecordMissingPurchasesPayload::default()
            }
        })
    }
}

fn which(
    items: Option<Vec<Id<entity::ids::ReconciliationItemId>>>,
    behind: Option<Id<entity::ids::ReconciliationItemId>>,
) -> Result<Which, Error> {
    match (items, behind) {
        (Some(_), Some(_)) => {
            let message = "itemIds and afterItemId can't be given together";
            Err(Error::bad_input("input.afterItemId", message))
        }
        (Some(items), None) => Ok(Which::These(items.into_iter().map(|id| id.0).collect())),
        (None, behind) => Ok(Which::Behind(behind.map(|id| id.0))),
    }
}

fn missing(
    row: reconciliation_item::Model,
    answer: Result<Recorded, Refusal>,
    currency: Currency,
) -> MissingPurchase {
    let item = ReconciliationItem { row, currency };
    let mut result = MissingPurchase {
        item,
        purchase: None,
        points: Points::default(),
        is_replayed: false,
        user_errors: Vec::new(),
    };
    match answer {
        Ok(done) => {
            result.points = done.points.into();
            result.is_replayed = done.is_replay;
            result.purchase = Some(Purchase(done.purchase));
        }
        // Its path is a receipt's; no field of this input is to blame.
        Err(refusal) => {
            result.user_errors.push(Refusal { path: Vec::new(), ..refusal }.into());
        }
    }
    result
}
