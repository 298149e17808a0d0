//! How PostgreSQL keeps the tables whose rows change: wallets with every write, lots with every spend.
//! Pages keep room, so that a changed row stays on its page and needs no new index entries (a HOT
//! update), and dead rows are swept early. It changes nothing of what is stored, and locks no table
//! against reading or writing.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, PARTITIONS};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Table, and how full its pages are made, in percent.
const CHANGING: [(&str, u32); 3] = [("wallet", 60), ("lot", 85), ("hold", 85)];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        for (table, percent) in CHANGING {
            for part in 0..PARTITIONS {
                db.postgres(&format!(
                    "alter table {table}_{part} set (fillfactor = {percent}, \
                     autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)"
                ))
                .await?;
            }
        }
        // Rows come and go at once; what is left of them must not be walked over again and again.
        db.postgres(
            "alter table outbox set (autovacuum_vacuum_scale_factor = 0, \
             autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0)",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        let settings = "autovacuum_vacuum_scale_factor, autovacuum_vacuum_cost_delay";
        for (table, _) in CHANGING {
            for part in 0..PARTITIONS {
                db.postgres(&format!("alter table {table}_{part} reset (fillfactor, {settings})"))
                    .await?;
            }
        }
        db.postgres(&format!("alter table outbox reset ({settings}, autovacuum_vacuum_threshold)"))
            .await
    }
}
