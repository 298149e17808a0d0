//! Builds the tables, on both databases from one text. A migration is never edited after it was
//! released; a change is a new one (expand, backfill, contract). `down` undoes and is tested. Nothing is
//! released yet: books of an earlier state, whose migrations had other names, are refused and made anew.
//!
//! The database repeats the core's rules as constraints and triggers; the code is written as if it
//! did not.

mod dialect;
mod m20261122_000001_programmes;
mod m20261122_000002_partners;
mod m20261122_000003_members;
mod m20261122_000006_auth;
mod m20261124_000004_ledger;
mod m20261124_000005_purchases;
mod m20261124_000007_proposals;
mod m20261124_000008_identities;
mod m20261124_000009_former_wallets;
mod m20261124_000010_storage;
mod m20261124_000011_hold_by_member;
mod m20261124_000013_checkpoints;
mod m20261124_000014_archive;
mod m20261124_000018_earning;
mod m20261124_000020_activity;
mod m20261124_000021_cashback;
mod m20261124_000022_tiers;
mod m20261124_000023_memberships;
mod m20261130_000030_money_books;
mod m20261130_000031_statements;
mod m20261130_000032_cohorts;
mod m20261130_000033_credit;
mod m20261130_000034_partner_accounts;
mod m20261130_000035_reconciliation;
mod m20261130_000036_bank_transactions;
mod m20261130_000037_contract_simulations;
mod m20261130_000038_lot_fates;
mod m20261130_000039_dispute_items;
mod m20261201_000040_rewards;
mod m20261201_000041_money_cycles;
mod m20261201_000042_claims;
mod m20261201_000043_coupons;
mod m20261201_000044_reward_supply;

use sea_orm_migration::prelude::*;

/// Runs the migrations.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_programmes::Migration),
            Box::new(m20261122_000002_partners::Migration),
            Box::new(m20261122_000003_members::Migration),
            Box::new(m20261124_000004_ledger::Migration),
            Box::new(m20261124_000005_purchases::Migration),
            Box::new(m20261122_000006_auth::Migration),
            Box::new(m20261124_000007_proposals::Migration),
            Box::new(m20261124_000008_identities::Migration),
            Box::new(m20261124_000009_former_wallets::Migration),
            Box::new(m20261124_000010_storage::Migration),
            Box::new(m20261124_000011_hold_by_member::Migration),
            Box::new(m20261124_000013_checkpoints::Migration),
            Box::new(m20261124_000014_archive::Migration),
            Box::new(m20261124_000018_earning::Migration),
            Box::new(m20261124_000020_activity::Migration),
            Box::new(m20261124_000021_cashback::Migration),
            Box::new(m20261124_000022_tiers::Migration),
            Box::new(m20261124_000023_memberships::Migration),
            Box::new(m20261130_000030_money_books::Migration),
            Box::new(m20261130_000031_statements::Migration),
            Box::new(m20261130_000032_cohorts::Migration),
            Box::new(m20261130_000033_credit::Migration),
            Box::new(m20261130_000034_partner_accounts::Migration),
            Box::new(m20261130_000035_reconciliation::Migration),
            Box::new(m20261130_000036_bank_transactions::Migration),
            Box::new(m20261130_000037_contract_simulations::Migration),
            Box::new(m20261130_000038_lot_fates::Migration),
            Box::new(m20261130_000039_dispute_items::Migration),
            Box::new(m20261201_000040_rewards::Migration),
            Box::new(m20261201_000041_money_cycles::Migration),
            Box::new(m20261201_000042_claims::Migration),
            Box::new(m20261201_000043_coupons::Migration),
            Box::new(m20261201_000044_reward_supply::Migration),
        ]
    }
}

pub use sea_orm_migration::MigratorTrait;
