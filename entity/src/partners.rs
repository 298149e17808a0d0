//! Partners, their stores, contracts and machine clients.

pub mod api_client;
pub mod contract;
pub mod partner;
pub mod partner_bank_account;
pub mod store;
