//! One thing that a partner's record or the books have, and whether both do.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::amount::Points;
use crate::ids::{
    EntryId, PartnerId, ProgrammeId, PurchaseId, ReconciliationId, ReconciliationItemId, ReturnId,
};
use crate::text_enum::text_enum;

text_enum! {
    /// What a partner's record and the books are compared by.
    ReconciliationKind {
        /// Goods were sold: a receipt.
        Sale "SALE",
        /// Goods of a receipt came back.
        Return "RETURN",
        /// A member paid with points.
        Payment "PAYMENT",
    }
}

text_enum! {
    /// How a partner's record (there) and Florin's books (here) agree on something.
    ReconciliationOutcome {
        /// Both have it, with the same figures.
        Matched "MATCHED",
        /// The record has it; the books don't.
        MissingHere "MISSING_HERE",
        /// The books have it in the period; the record doesn't.
        MissingThere "MISSING_THERE",
        /// Both have it, with different amounts of money, and perhaps different points.
        DifferentAmount "DIFFERENT_AMOUNT",
        /// Both have it, with the same amount of money and different points.
        DifferentPoints "DIFFERENT_POINTS",
        /// The record has it in an earlier line as well, with which it was compared.
        Repeated "REPEATED",
    }
}

/// Never changed. `place` counts from 0: first the record's lines in their order, then what only the books
/// have, by time. `id` names the item from outside.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reconciliation_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub reconciliation_id: ReconciliationId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i32,
    pub id: ReconciliationItemId,
    pub partner_id: PartnerId,
    /// The line of the file where the record has it; the header's is 1.
    pub line: Option<i32>,
    /// The earlier line that has it as well.
    pub repeats_line: Option<i32>,
    pub kind: ReconciliationKind,
    pub outcome: ReconciliationOutcome,
    pub receipt_number: Option<String>,
    pub store_code: Option<String>,
    /// What names the payment.
    pub payment: Option<String>,
    pub occurred_at: DateTime<Utc>,
    pub card_number: Option<String>,
    pub customer_number: Option<String>,
    pub amount_there_minor: Option<i64>,
    pub amount_here_minor: Option<i64>,
    pub points_there: Option<Points>,
    pub points_here: Option<Points>,
    /// The receipt in the books; of a return, the one that the goods are of.
    pub purchase_id: Option<PurchaseId>,
    pub return_id: Option<ReturnId>,
    pub entry_id: Option<EntryId>,
}

impl ActiveModelBehavior for ActiveModel {}
