//! The entities and the tables that the migrations made agree, column by column, on the database
//! that the suite runs on.

use std::collections::{BTreeMap, BTreeSet};

use entity::{
    activity, auth, cashback, coupons, earning, ledger, members, memberships, partners, programmes,
    proposals, purchases, reconciliation, rewards, settlement, tiers,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, Database, DatabaseConnection, DbBackend, EntityTrait, Iterable,
    Statement,
};

use crate::support::books::{Books, texts};
use crate::tidy;

/// Column to whether it may be null, by table.
type Tables = BTreeMap<String, BTreeMap<String, bool>>;

fn entity<E: EntityTrait>(entity: E) -> (String, BTreeMap<String, bool>) {
    let column = |column: E::Column| {
        (sea_orm::IdenStatic::as_str(&column).to_owned(), column.def().is_null())
    };
    (entity.table_name().to_owned(), E::Column::iter().map(column).collect())
}

macro_rules! entities {
    ($($context:ident :: { $($table:ident),* $(,)? }),* $(,)?) => {
        Tables::from([$($(entity($context::$table::Entity)),*),*])
    };
}

fn entities() -> Tables {
    entities! {
        activity::{activity_day},
        auth::{identity, identity_provider, signing_key},
        cashback::{accrual, bank_account, cashback_entry, cashback_posting, cashback_wallet, payout, payout_run},
        coupons::{coupon, coupon_code, coupon_member, coupon_redemption, coupon_version},
        earning::{budget_slice, campaign, campaign_version, earning_rule, earning_rule_version, event, event_type, member_profile, rule_use, segment, segment_member, simulation},
        ledger::{adjustment, allocation, archived_sum, checkpoint, checkpoint_sum, entry, fact, hold, idempotency_key, lot, opening, outbox, posting, seal, wallet},
        members::{card, former_wallet, household, member, partner_reference},
        memberships::{membership, membership_change, membership_payment, membership_plan},
        partners::{api_client, contract, partner, partner_bank_account, store},
        programmes::{audit_row, operator, programme},
        proposals::{allowance_use, proposal},
        purchases::{purchase, purchase_return, receipt_key},
        settlement::{bank_transaction, carried_points, cohort_day, cohort_due, contract_simulation, credit_line, credit_slice, dispute, dispute_entry, dispute_item, lot_fate, money_cycle, money_day, money_posting, payment_instruction, settlement_adjustment, settlement_cursor, settlement_cycle, settlement_payment, settlement_statement, tax_rate},
        reconciliation::{reconciliation, reconciliation_item},
        rewards::{code_pool, pool_code, reward, reward_claim, reward_claim_step, reward_price, reward_stock, reward_version, voucher, voucher_use},
        tiers::{tier_change, tier_cursor, tier_grant, tier_set, tier_standing, tier_terms},
    }
}

/// Every column of the database: table, name, whether it may be null. A partition is as its table.
const SQLITE: &str = "select m.name, c.name, c.\"notnull\" = 0 from sqlite_schema m
    join pragma_table_info(m.name) c where m.type = 'table'";
const POSTGRES: &str = "select c.relname::text, a.attname::text, not a.attnotnull
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and not c.relispartition and a.attnum > 0 and not a.attisdropped";

async fn tables(database: &DatabaseConnection) -> Tables {
    let backend = database.get_database_backend();
    let sql = if backend == DbBackend::Postgres { POSTGRES } else { SQLITE };
    let mut tables = Tables::new();
    for row in database.query_all_raw(Statement::from_string(backend, sql)).await.unwrap() {
        let (table, column): (String, String) =
            (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        tables.entry(table).or_default().insert(column, row.try_get_by_index(2).unwrap());
    }
    tables.retain(|table, _| !table.starts_with("seaql_") && !table.starts_with("sqlite_"));
    tables
}

#[tokio::test]
async fn each_table_has_an_entity_with_its_columns() {
    let books = Books::new().await;
    let database = Database::connect(books.url()).await.unwrap();
    assert_eq!(tables(&database).await, entities());
    database.close().await.unwrap();
}

#[test]
fn each_entity_of_the_crate_is_compared() {
    let defined = tidy::sources().into_iter().filter(|source| {
        source.path.starts_with("entity/src/") && source.text.contains("DeriveEntityModel")
    });
    let defined: BTreeSet<String> =
        defined.map(|source| source.path.rsplit('/').next().unwrap().replace(".rs", "")).collect();
    assert_eq!(defined, entities().into_keys().collect::<BTreeSet<_>>());
}

/// Each key of a partitioned table, by columns, and the column that its rows are spread by.
const KEYS: &str = "select c.relname || ' ' || i.indexrelid::regclass || ' lacks ' || a.attname
    from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
    join pg_index i on i.indrelid = p.partrelid and i.indisunique
    join pg_attribute a on a.attrelid = p.partrelid and a.attnum = any(p.partattrs)
    where a.attnum <> all(i.indkey)";
/// How many keys that looks at, so that it isn't none.
const KEY_COUNT: &str = "select count(*)::text from pg_partitioned_table p
    join pg_index i on i.indrelid = p.partrelid and i.indisunique";
/// Whatever numbers rows.
const NUMBERED: &str = "select relname::text from pg_class
        where relkind = 'S' and relnamespace = 'public'::regnamespace
    union all select attname::text from pg_attribute where attidentity <> ''";

#[tokio::test]
async fn hot_tables_can_be_spread_over_machines() {
    let books = Books::new().await;
    let database = Database::connect(books.url()).await.unwrap();
    if database.get_database_backend() == DbBackend::Postgres {
        are_spread(&database).await;
    }
    database.close().await.unwrap();
}

/// A file is never spread.
async fn are_spread(database: &DatabaseConnection) {
    assert_eq!(texts(database, KEYS).await, Vec::<String>::new());
    let keys: usize = texts(database, KEY_COUNT).await[0].parse().unwrap();
    assert!(keys >= 7, "{keys}");
    assert_eq!(texts(database, NUMBERED).await, Vec::<String>::new());
}
