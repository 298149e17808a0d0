//! One text for both databases: placeholders stand for what they spell differently.
//!
//! | placeholder | PostgreSQL | SQLite |
//! | --- | --- | --- |
//! | `{id}` | `uuid` | `blob` |
//! | `{moment}` | `timestamptz` | `text` |
//! | `{json}` | `jsonb` | `text` |
//! | `{document}`, `{as_text}` | `json`, `::text` | `text`, nothing |
//! | `{flag}` | `boolean` | `integer` |
//! | `{bytes}` | `bytea` | `blob` |
//! | `{int}`, `{long}` | `integer`, `bigint` | `integer` |
//! | `{points_max}` | 2^53 − 1 | the same |
//!
//! A document is JSON that is read as a whole and never searched: taken as it came, it costs half of what
//! `jsonb` does on the way in, and less on the way out.
//!
//! SQLite's tables are `STRICT`, or an overflowing integer would silently become a float, and lie in the
//! order of their keys, where these are theirs (`constraint …_pk`): else each row is written twice. Hot
//! tables are hash-partitioned on PostgreSQL.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

/// How many partitions a hot table has on PostgreSQL. Each costs every batch something, and a table of any
/// size is well served by few; one of them can be split in two later, by doubling its modulus.
pub(crate) const PARTITIONS: usize = 4;

/// A table, written once.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// Columns and constraints, with placeholders.
    pub(crate) body: &'static str,
    /// The column that a hot table is partitioned by.
    pub(crate) partition_by: Option<&'static str>,
}

pub(crate) struct Dialect<'a, 'b> {
    manager: &'a SchemaManager<'b>,
}

impl<'a, 'b> Dialect<'a, 'b> {
    pub(crate) fn new(manager: &'a SchemaManager<'b>) -> Self {
        Self { manager }
    }

    fn is_postgres(&self) -> bool {
        self.manager.get_database_backend() == DbBackend::Postgres
    }

    /// Runs one statement on both.
    pub(crate) async fn run(&self, sql: &str) -> Result<(), DbErr> {
        self.manager.get_connection().execute_unprepared(&self.render(sql)).await.map(drop)
    }

    /// Runs one statement on PostgreSQL only.
    pub(crate) async fn postgres(&self, sql: &str) -> Result<(), DbErr> {
        if self.is_postgres() { self.run(sql).await } else { Ok(()) }
    }

    /// Refuses books whose money books have begun: what goes with these from the first fact on would lack
    /// what they were made of, and they aren't followed a second time.
    pub(crate) async fn refuse_begun_money_books(&self, without: &str) -> Result<(), DbErr> {
        let begun = "update settlement_cursor set closed = closed where position > 0";
        let begun = self.manager.get_connection().execute_unprepared(begun).await?;
        if begun.rows_affected() == 0 {
            return Ok(());
        }
        let message = format!(
            "money books were begun without {without}: these books are of an earlier state, and are made anew"
        );
        Err(DbErr::Migration(message))
    }

    pub(crate) async fn create(&self, table: &Table) -> Result<(), DbErr> {
        let Table { name, body, partition_by } = table;
        if !self.is_postgres() {
            let kind =
                if body.contains("_pk primary key") { "strict, without rowid" } else { "strict" };
            return self.run(&format!("create table {name} ({body}) {kind}")).await;
        }
        let Some(column) = partition_by else {
            return self.run(&format!("create table {name} ({body})")).await;
        };
        self.run(&format!("create table {name} ({body}) partition by hash ({column})")).await?;
        for part in 0..PARTITIONS {
            let part = format!(
                "create table {name}_{part} partition of {name} \
                 for values with (modulus {PARTITIONS}, remainder {part})"
            );
            self.run(&part).await?;
        }
        Ok(())
    }

    pub(crate) async fn drop(&self, tables: &[&str]) -> Result<(), DbErr> {
        for table in tables {
            self.run(&format!("drop table {table}")).await?;
        }
        Ok(())
    }

    /// Refuses `update`, `delete` and `truncate`: what is written stays as it is.
    pub(crate) async fn append_only(&self, table: &Table) -> Result<(), DbErr> {
        self.forbid(table, "delete", None).await?;
        self.forbid(table, "update", None).await
    }

    /// Refuses `delete`, and any `update` that changes one of the `fixed` columns; documents are compared
    /// `{as_text}`. An update that sets other columns alone isn't looked at.
    pub(crate) async fn guarded(&self, table: &Table, fixed: &[&str]) -> Result<(), DbErr> {
        self.forbid(table, "delete", None).await?;
        let comparison = if self.is_postgres() { "is distinct from" } else { "is not" };
        let changed = fixed.iter().map(|c| format!("new.{c} {comparison} old.{c}"));
        let changed = changed.collect::<Vec<_>>().join(" or ");
        let named: Vec<&str> = fixed.iter().map(|c| c.trim_end_matches("{as_text}")).collect();
        let event = format!("update of {}", named.join(", "));
        self.trigger(table, "no_update", &event, Some(&changed)).await
    }

    /// Refuses `update` where `condition` holds of `old` and `new`.
    pub(crate) async fn forbid_update_when(
        &self,
        table: &Table,
        name: &str,
        condition: &str,
    ) -> Result<(), DbErr> {
        self.trigger(table, name, "update", Some(condition)).await
    }

    /// Lets those rows go for which `condition` holds of `old`; no others, as before.
    pub(crate) async fn allow_delete_if(&self, table: &str, condition: &str) -> Result<(), DbErr> {
        if !self.is_postgres() {
            let guard = format!(
                "create trigger {table}_no_delete before delete on {table} for each row \
                 when not ({condition}) begin select raise(abort, '{table} is append-only'); end"
            );
            self.run(&format!("drop trigger {table}_no_delete")).await?;
            return self.run(&guard).await;
        }
        // The condition of a trigger can't look at other tables; its function can.
        self.run(&format!(
            "create function forbid_delete_of_{table}() returns trigger language plpgsql as \
             $$ begin if {condition} then return old; end if; \
             raise exception '{table} is append-only' using errcode = 'restrict_violation'; end $$"
        ))
        .await?;
        self.guard_delete(table, &format!("forbid_delete_of_{table}")).await
    }

    /// Takes that back.
    pub(crate) async fn forbid_delete_again(&self, table: &str) -> Result<(), DbErr> {
        if !self.is_postgres() {
            return self.allow_delete_if(table, "false").await;
        }
        self.guard_delete(table, "forbid_change").await?;
        self.run(&format!("drop function forbid_delete_of_{table}()")).await
    }

    /// Lets a text column hold these values and no others. PostgreSQL looks at each row. SQLite can't change a
    /// check: the column is made anew, and what guards the table is lifted meanwhile.
    pub(crate) async fn one_of(
        &self,
        table: &str,
        column: &str,
        values: &[&str],
    ) -> Result<(), DbErr> {
        let listed = format!("'{}'", values.join("', '"));
        let check = format!("check ({column} in ({listed}))");
        if self.is_postgres() {
            let name = format!("{table}_{column}_check");
            let anew = format!(
                "alter table {table} drop constraint {name}, add constraint {name} {check}"
            );
            return self.run(&anew).await;
        }
        let guards = self.guards_of(table).await?;
        for (name, _) in &guards {
            self.run(&format!("drop trigger {name}")).await?;
        }
        let default = values.first().copied().unwrap_or_default();
        for step in [
            format!("alter table {table} rename column {column} to {column}_before"),
            format!(
                "alter table {table} add column {column} text not null default '{default}' {check}"
            ),
            format!("update {table} set {column} = {column}_before"),
            format!("alter table {table} drop column {column}_before"),
        ] {
            self.run(&step).await?;
        }
        for (_, guard) in &guards {
            self.run(guard).await?;
        }
        Ok(())
    }

    /// Has the list that a column is checked against end otherwise. SQLite can't change a check, and has the
    /// table's text changed instead, as its documentation says under "Making Other Kinds Of Table Schema
    /// Changes" (<https://www.sqlite.org/lang_altertable.html#otheralter>): no row is touched.
    pub(crate) async fn listed_anew(
        &self,
        (table, column): (&str, &str),
        common: &str,
        (before, after): (&str, &str),
    ) -> Result<(), DbErr> {
        if self.is_postgres() {
            let name = format!("{table}_{column}_check");
            return self
                .run(&format!(
                    "alter table {table} drop constraint {name}, \
                     add constraint {name} check ({column} in {common}{after})"
                ))
                .await;
        }
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let db = self.manager.get_connection();
        let version = Statement::from_string(DbBackend::Sqlite, "pragma schema_version");
        let version = db.query_one_raw(version).await?;
        let version = version.map(|row| row.try_get_by_index::<i64>(0)).transpose()?;
        for step in [
            "pragma writable_schema = on".to_owned(),
            format!(
                "update sqlite_schema set sql = replace(sql, {}, {}) where type = 'table' and name = '{table}'",
                quoted(before),
                quoted(after)
            ),
            format!("pragma schema_version = {}", version.unwrap_or_default() + 1),
            "pragma writable_schema = off".to_owned(),
        ] {
            db.execute_unprepared(&step).await?;
        }
        Ok(())
    }

    /// A table's triggers on SQLite, each with the statement that makes it.
    async fn guards_of(&self, table: &str) -> Result<Vec<(String, String)>, DbErr> {
        let db = self.manager.get_connection();
        let sql = format!(
            "select name, sql from sqlite_schema where type = 'trigger' and tbl_name = '{table}'"
        );
        let rows = db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
        let guard = |row: &QueryResult| Ok((row.try_get("", "name")?, row.try_get("", "sql")?));
        rows.iter().map(guard).collect()
    }

    async fn guard_delete(&self, table: &str, function: &str) -> Result<(), DbErr> {
        self.run(&format!("drop trigger {table}_no_delete on {table}")).await?;
        self.run(&format!(
            "create trigger {table}_no_delete before delete on {table} for each row \
             execute function {function}()"
        ))
        .await
    }

    async fn forbid(&self, table: &Table, event: &str, when: Option<&str>) -> Result<(), DbErr> {
        self.trigger(table, &format!("no_{event}"), event, when).await?;
        if self.is_postgres() && event == "delete" {
            self.forbid_truncate(table).await?;
        }
        Ok(())
    }

    async fn trigger(
        &self,
        table: &Table,
        name: &str,
        event: &str,
        when: Option<&str>,
    ) -> Result<(), DbErr> {
        let Table { name: table, .. } = table;
        let when = when.map_or(String::new(), |condition| format!("when ({condition})"));
        if self.is_postgres() {
            return self
                .run(&format!(
                    "create trigger {table}_{name} before {event} on {table} for each row {when} \
                     execute function forbid_change()"
                ))
                .await;
        }
        self.run(&format!(
            "create trigger {table}_{name} before {event} on {table} for each row {when} \
             begin select raise(abort, '{table} is append-only'); end"
        ))
        .await
    }

    /// Truncation passes row triggers by, and partitions don't inherit statement triggers.
    async fn forbid_truncate(&self, table: &Table) -> Result<(), DbErr> {
        let Table { name, partition_by, .. } = table;
        let parts = if partition_by.is_some() { PARTITIONS } else { 0 };
        let tables = (0..parts).map(|part| format!("{name}_{part}"));
        for table in std::iter::once((*name).to_owned()).chain(tables) {
            self.run(&format!(
                "create trigger {table}_no_truncate before truncate on {table} for each statement \
                 execute function forbid_change()"
            ))
            .await?;
        }
        Ok(())
    }

    fn render(&self, sql: &str) -> String {
        let pairs = if self.is_postgres() { &POSTGRES } else { &SQLITE };
        pairs.iter().fold(sql.to_owned(), |sql, (placeholder, text)| sql.replace(placeholder, text))
    }
}

const POSTGRES: [(&str, &str); 10] = [
    ("{id}", "uuid"),
    ("{moment}", "timestamptz"),
    ("{json}", "jsonb"),
    ("{document}", "json"),
    ("{as_text}", "::text"),
    ("{flag}", "boolean"),
    ("{bytes}", "bytea"),
    ("{int}", "integer"),
    ("{long}", "bigint"),
    ("{points_max}", "9007199254740991"),
];

const SQLITE: [(&str, &str); 10] = [
    ("{id}", "blob"),
    ("{moment}", "text"),
    ("{json}", "text"),
    ("{document}", "text"),
    ("{as_text}", ""),
    ("{flag}", "integer"),
    ("{bytes}", "blob"),
    ("{int}", "integer"),
    ("{long}", "integer"),
    ("{points_max}", "9007199254740991"),
];
