//! Receipts, what names them, and what came back of them.

pub mod purchase;
pub mod purchase_return;
pub mod receipt_key;
