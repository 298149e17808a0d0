//! What partners are owed for rewards that they deliver is money of a kind of its own.

use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables of the money books whose kinds are checked.
const TABLES: [&str; 2] = ["money_posting", "money_day"];
/// What is checked of a correction: the line that it is about.
const CORRECTED: [(&str, &str); 2] =
    [("settlement_adjustment", "refers_to_line"), ("dispute", "line")];
/// How each list begins, and how it ended and ends.
const COMMON: &str = "('ISSUE', 'ISSUE_RETURN', 'BURN', 'BURN_REVERSAL', 'FUNDING', 'FUNDING_REVERSAL', \
    'SERVICE_FEE', 'SERVICE_FEE_REVERSAL', ";
const BEFORE: &str = "'BREAKAGE_SHARE', 'CLEARING')";
const AFTER: &str = "'BREAKAGE_SHARE', 'CLEARING', 'REWARD_SUPPLY', 'REWARD_SUPPLY_REVERSAL')";
const BEFORE_CORRECTED: &str = "'BREAKAGE_SHARE', 'ADJUSTMENT', 'DISPUTE')";
const AFTER_CORRECTED: &str =
    "'BREAKAGE_SHARE', 'ADJUSTMENT', 'DISPUTE', 'REWARD_SUPPLY', 'REWARD_SUPPLY_REVERSAL')";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        for table in TABLES {
            db.listed_anew((table, "kind"), COMMON, (BEFORE, AFTER)).await?;
        }
        for (table, column) in CORRECTED {
            db.listed_anew((table, column), COMMON, (BEFORE_CORRECTED, AFTER_CORRECTED)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        for table in TABLES {
            db.listed_anew((table, "kind"), COMMON, (AFTER, BEFORE)).await?;
        }
        for (table, column) in CORRECTED {
            db.listed_anew((table, column), COMMON, (AFTER_CORRECTED, BEFORE_CORRECTED)).await?;
        }
        Ok(())
    }
}
