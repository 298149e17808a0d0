//! What the two databases spell differently in a check, behind one notation.
//!
//! | placeholder | what it becomes |
//! | --- | --- |
//! | `{zone}` | the rows `(since, ahead)` of the programme's time zone |
//! | `{epoch}` | the seconds since 1970 of when a row `p` occurred |
//! | `{day}` | the day of the programme in which the seconds `at` lie, beside a table `zone` |
//! | `{period}` | the name of the period of the kind `span` in which a `day` falls |
//! | `{rules}` | the rows `(id, name)` of all rules, as documents name them; the statement's second value |
//! | `{nobody}` | the id that stands for nobody in a key |
//! | `{minor}` | how much of a budget's cost a minor unit of the settlement currency is |
//! | `{each TYPE DOCUMENT FIELD ALIAS}` | joins the elements of a list in a document, each with `key` and `value`; the field `.` is the document itself |
//! | `{id ALIAS}` | the element of such a list as an id |

use entity::amount::cost_of_minor;
use entity::earning::earning_rule;
use entity::ids::ProgrammeId;
use entity::programmes::programme;
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, Statement, Value};

use super::activity;
use crate::error::Result;
use crate::tx::Tx;

/// How one database is asked about one programme.
pub(super) struct Dialect {
    backend: DbBackend,
    programme: ProgrammeId,
    zone: String,
    minor: i64,
    /// Pairs of id and name, as JSON.
    rules: String,
}

impl Dialect {
    /// What a snapshot's programme has.
    pub(super) async fn of(tx: &Tx, programme: ProgrammeId) -> Result<Self> {
        let row = programme::Entity::find_by_id(programme).one(tx.connection()).await?;
        let rules = earning_rule::Entity::find()
            .filter(earning_rule::Column::ProgrammeId.eq(programme))
            .order_by_asc(earning_rule::Column::Id)
            .all(tx.connection())
            .await?;
        let rules: Vec<[String; 2]> =
            rules.iter().map(|rule| [rule.id.uuid().to_string(), rule.id.to_string()]).collect();
        Ok(Self {
            backend: tx.backend(),
            programme,
            zone: activity::zone(tx, row.as_ref()).await?,
            minor: row.map_or(1, |row| cost_of_minor(row.currency.minor_per_unit())),
            rules: serde_json::to_string(&rules).unwrap_or_default(),
        })
    }

    fn is_postgres(&self) -> bool {
        self.backend == DbBackend::Postgres
    }

    /// The statement with all placeholders filled in, and its values.
    pub(super) fn statement(&self, sql: &str) -> Statement {
        let mut values: Vec<Value> = vec![self.programme.uuid().into()];
        if sql.contains("{rules}") {
            values.push(self.rules.clone().into());
        }
        let (mut rendered, mut rest) = (String::with_capacity(2 * sql.len()), sql);
        while let Some((before, from)) = rest.split_once('{') {
            let (placeholder, after) = from.split_once('}').unwrap_or((from, ""));
            rendered.push_str(before);
            rendered.push_str(&self.filled(placeholder));
            rest = after;
        }
        rendered.push_str(rest);
        Statement::from_sql_and_values(self.backend, rendered, values)
    }

    fn filled(&self, placeholder: &str) -> String {
        let words: Vec<&str> = placeholder.split(' ').collect();
        match words.as_slice() {
            ["each", kind, document, field, alias] => self.each(kind, document, field, alias),
            ["id", alias] if self.is_postgres() => format!("({alias}.value #>> '{{}}')::uuid"),
            ["id", alias] => format!("unhex({alias}.value, '-')"),
            ["nobody"] if self.is_postgres() => format!("'{}'::uuid", uuid::Uuid::nil()),
            ["nobody"] => "zeroblob(16)".to_owned(),
            ["zone"] => self.zone.clone(),
            ["minor"] => self.minor.to_string(),
            ["epoch"] if self.is_postgres() => {
                "floor(extract(epoch from p.occurred_at))::bigint".to_owned()
            }
            ["epoch"] => "unixepoch(p.occurred_at)".to_owned(),
            // Divided is a number above zero, which both databases round down.
            ["day"] => {
                "(at + (select ahead from zone where since <= at order by since desc limit 1)
              + 86400000000) / 86400 - 1000000"
                    .to_owned()
            }
            ["period"] if self.is_postgres() => POSTGRES_PERIOD.to_owned(),
            ["period"] => SQLITE_PERIOD.to_owned(),
            ["rules"] if self.is_postgres() => {
                "select (value ->> 0)::uuid as id, value ->> 1 as name
              from json_array_elements($2::json) as known (value)"
                    .to_owned()
            }
            ["rules"] => {
                "select unhex(value ->> 0, '-') as id, value ->> 1 as name from json_each($2)"
                    .to_owned()
            }
            // The database refuses it, and names it.
            _ => format!("{{{placeholder}}}"),
        }
    }

    fn each(&self, kind: &str, document: &str, field: &str, alias: &str) -> String {
        if self.is_postgres() {
            let list = match field {
                "." => document.to_owned(),
                field => format!("{document} -> '{field}'"),
            };
            return format!(
                "cross join lateral (select value, place - 1 as key from {kind}_array_elements({list})
                  with ordinality as own (value, place)) as {alias}"
            );
        }
        let path = if field == "." { "$".to_owned() } else { format!("$.{field}") };
        format!("cross join json_each({document}, '{path}') as {alias}")
    }
}

const POSTGRES_PERIOD: &str = "case span when 'EVER' then ''
    when 'DAY' then to_char(date '1970-01-01' + day::int, 'YYYY-MM-DD')
    when 'WEEK' then to_char(date '1970-01-01' + day::int, 'IYYY-\"W\"IW')
    when 'MONTH' then to_char(date '1970-01-01' + day::int, 'YYYY-MM')
    else to_char(date '1970-01-01' + day::int, 'YYYY') end";

const SQLITE_PERIOD: &str = "case span when 'EVER' then ''
    when 'DAY' then date(day * 86400, 'unixepoch')
    when 'WEEK' then strftime('%G-W%V', day * 86400, 'unixepoch')
    when 'MONTH' then strftime('%Y-%m', day * 86400, 'unixepoch')
    else strftime('%Y', day * 86400, 'unixepoch') end";
