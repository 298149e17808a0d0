//! Code pools: codes that a supplier made, given out one a claim, the oldest first. They are kept as vouchers'
//! codes are: a hash to be found by, and sealed; what was given is given.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::ids::{CodePoolId, PartnerId, ProgrammeId, uuid_at};
use entity::rewards::definition::Definition;
use entity::rewards::{code_pool, pool_code, reward};
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbBackend, EntityTrait, FromQueryResult,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use super::Rewards;
use super::vouchers::pooled;
use super::write::writer;
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::page::{Page, Window};
use crate::refusal::{Code, Refusal};
use crate::rows::{among, first_place, insert_new};
use crate::text;
use crate::tx::{Tx, retrying};

/// The most codes of one file.
pub const CODES_MAX: usize = 10_000;
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=64;

/// A pool to be made.
#[derive(Clone, Debug)]
pub struct NewPool {
    /// Unique in the programme.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// Whose it is: a partner's own, an operator's anybody's or the programme's.
    pub partner: Option<PartnerId>,
    /// It is low when fewer are left.
    pub low_below: i64,
}

/// What adding codes did.
#[derive(Clone, Debug)]
pub struct Added {
    /// The pool.
    pub pool: code_pool::Model,
    /// How many it has got.
    pub added: i64,
    /// How many were there before, in whichever pool, or stood in the file twice.
    pub duplicates: i64,
}

/// How many codes a pool has had, and how many are left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// All that were added.
    pub total: i64,
    /// Of these, what nobody has got.
    pub left: i64,
}

#[derive(FromQueryResult)]
struct Counted {
    pool_id: Uuid,
    total: i64,
    given: i64,
}

impl Rewards {
    /// Makes a pool, with no codes yet.
    pub async fn create_pool(&self, actor: &Actor, wish: NewPool) -> Result<code_pool::Model> {
        let (programme, own) = writer(actor)?;
        let at = self.clock.now();
        if !(0..=1_000_000_000).contains(&wish.low_below) {
            let message = "It must be from 0 to 1000000000.";
            return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("lowBelow").into());
        }
        let row = code_pool::Model {
            id: CodePoolId::at(at),
            programme_id: programme,
            code: text::code(&wish.code)?,
            name: text::name(&wish.name).map_err(|refusal| refusal.at("name"))?,
            partner_id: self.owner(programme, own, wish.partner).await?,
            low_below: wish.low_below,
            created_at: at,
        };
        retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let same = code_pool::Entity::find()
                .filter(code_pool::Column::ProgrammeId.eq(programme))
                .filter(code_pool::Column::Code.eq(&row.code));
            if same.one(tx.connection()).await?.is_some() {
                return Err(Refusal::new(Code::CodeTaken).at("code").into());
            }
            row.clone().into_active_model().insert(tx.connection()).await?;
            tx.commit(row.clone()).await
        })
        .await
    }

    /// Adds codes, one a line. Those that are there already aren't added again, so that a file can be sent twice;
    /// a line that is no code refuses all of it.
    pub async fn add_codes(&self, actor: &Actor, pool: CodePoolId, file: &str) -> Result<Added> {
        let (programme, own) = writer(actor)?;
        let at = self.clock.now();
        let lines = codes(file)?;
        let asked = i64::try_from(lines.len()).map_err(Error::internal)?;
        let rows = self.rows(programme, (pool, at), lines)?;
        retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let found = code_pool::Entity::find_by_id(pool)
                .filter(code_pool::Column::ProgrammeId.eq(programme))
                .lock_exclusive();
            let found = found.one(tx.connection()).await?;
            let found = found.filter(|row| own.is_none_or(|own| row.partner_id == Some(own)));
            let found = found.ok_or(Refusal::new(Code::CodePoolNotFound).at("codePoolId"))?;
            let before = count(&tx, programme, pool).await?;
            insert_new::<pool_code::Entity>(&tx, &rows).await?;
            let added = count(&tx, programme, pool).await? - before;
            tx.commit(Added { pool: found, added, duplicates: asked - added }).await
        })
        .await
    }

    fn rows(
        &self,
        programme: ProgrammeId,
        (pool, at): (CodePoolId, DateTime<Utc>),
        codes: Vec<&str>,
    ) -> Result<Vec<pool_code::Model>> {
        let mut known = BTreeSet::new();
        let mut rows = Vec::new();
        for code in codes {
            let id = uuid_at(at);
            let (code_hash, code_sealed) = pooled(&self.master_key, (programme, id), code)?;
            if known.insert(code_hash.clone()) {
                rows.push(pool_code::Model {
                    programme_id: programme,
                    id,
                    pool_id: pool,
                    code_hash,
                    code_sealed,
                    claim_id: None,
                    added_at: at,
                });
            }
        }
        Ok(rows)
    }

    /// Pools by age: a partner its own, all to operators.
    pub async fn pools(
        &self,
        actor: &Actor,
        window: Window<Uuid>,
    ) -> Result<Page<code_pool::Model>> {
        let query = code_pool::Entity::find().filter(shown(actor)?);
        window.read(self.ask.db.reader_for(actor), query.cursor_by(code_pool::Column::Id)).await
    }

    /// Those of these pools that the caller may see.
    pub async fn pools_by_ids(
        &self,
        actor: &Actor,
        ids: &[CodePoolId],
    ) -> Result<Vec<code_pool::Model>> {
        let query = code_pool::Entity::find()
            .filter(shown(actor)?)
            .filter(code_pool::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.ask.db.reader_for(actor)).await?)
    }

    /// What pools that the caller sees have had and have left.
    pub async fn levels(
        &self,
        actor: &Actor,
        pools: &[CodePoolId],
    ) -> Result<HashMap<CodePoolId, Level>> {
        let (programme, db) = (actor.programme()?, self.ask.db.reader_for(actor));
        let backend = sea_orm::ConnectionTrait::get_database_backend(db);
        let (condition, ids) = among(backend, "pool_id", 2, pools.iter().map(|id| id.uuid()));
        let long = if backend == DbBackend::Postgres { "::bigint" } else { "" };
        let sql = format!(
            "select pool_id, count(*) as total, count(claim_id){long} as given from pool_code
             where programme_id = {} and {condition} group by pool_id",
            first_place(backend)
        );
        let sql = Statement::from_sql_and_values(backend, sql, [programme.uuid().into(), ids]);
        let rows = Counted::find_by_statement(sql).all(db).await?;
        let mut levels: HashMap<CodePoolId, Level> =
            pools.iter().map(|id| (*id, Level::default())).collect();
        for Counted { pool_id, total, given } in rows {
            let level = Level { total, left: total - given };
            levels.insert(CodePoolId::from_uuid(pool_id), level);
        }
        Ok(levels)
    }
}

fn shown(actor: &Actor) -> Result<Condition> {
    let all = Condition::all().add(code_pool::Column::ProgrammeId.eq(actor.programme()?));
    if let Who::Partner(..) = actor.who() {
        let (_, partner) = actor.partner(Scope::RewardsWrite)?;
        return Ok(all.add(code_pool::Column::PartnerId.eq(partner)));
    }
    actor.operator(Scope::RewardsWrite)?;
    Ok(all)
}

async fn count(tx: &Tx, programme: ProgrammeId, pool: CodePoolId) -> Result<i64> {
    let all = pool_code::Entity::find()
        .filter(pool_code::Column::ProgrammeId.eq(programme))
        .filter(pool_code::Column::PoolId.eq(pool));
    i64::try_from(all.count(tx.connection()).await?).map_err(Error::internal)
}

/// The codes of a file: one a line, perhaps below a line that says `code`.
fn codes(file: &str) -> Result<Vec<&str>, Refusal> {
    let lines = file.trim_start_matches('\u{feff}').lines().map(str::trim).zip(1..);
    let mut found = Vec::new();
    for (line, number) in lines.filter(|(line, number)| {
        !(line.is_empty() || (*number == 1 && line.eq_ignore_ascii_case("code")))
    }) {
        if !LENGTHS.contains(&line.len()) || !line.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message =
                format!("Line {number} isn't a code of 4 to 64 letters, digits and signs.");
            return Err(Refusal::new(Code::CodeFileInvalid).because(message).at("file"));
        }
        found.push(line);
    }
    if found.is_empty() || found.len() > CODES_MAX {
        let message = format!("A file has 1 to {CODES_MAX} codes, one a line.");
        return Err(Refusal::new(Code::CodeFileInvalid).because(message).at("file"));
    }
    Ok(found)
}

/// Refuses a pool that isn't there, or is somebody else's.
pub(super) async fn fits(tx: &Tx, reward: &reward::Model, definition: &Definition) -> Result<()> {
    let Some(pool) = definition.delivery.pool else { return Ok(()) };
    let at = "terms.delivery.codePoolId";
    let found = code_pool::Entity::find_by_id(pool)
        .filter(code_pool::Column::ProgrammeId.eq(reward.programme_id));
    let found = found.one(tx.connection()).await?;
    let found = found.ok_or(Refusal::new(Code::CodePoolNotFound).at(at))?;
    let supplier = definition.supply.map(|supply| supply.partner);
    match found.partner_id {
        None => Ok(()),
        Some(owner) if reward.partner_id == Some(owner) || supplier == Some(owner) => Ok(()),
        Some(_) => {
            let message = "The pool is of a partner that neither offers nor supplies the reward.";
            Err(Refusal::new(Code::CodePoolUnfit).because(message).at(at).into())
        }
    }
}

/// What the pools of a batch have to give: for each claim one, the oldest first.
#[derive(Default)]
pub(super) struct Free {
    codes: BTreeMap<CodePoolId, Vec<pool_code::Model>>,
    /// Of pools that gave fewer than were asked for: whether others hold some of what there is.
    is_held: BTreeMap<CodePoolId, bool>,
}

impl Free {
    /// Locks as many as are wanted, past those that others hold.
    pub(super) async fn read(
        tx: &Tx,
        programme: ProgrammeId,
        wanted: BTreeMap<CodePoolId, u64>,
    ) -> Result<Self> {
        let mut free = Self::default();
        for (pool, count) in wanted {
            let all = pool_code::Entity::find()
                .filter(pool_code::Column::ProgrammeId.eq(programme))
                .filter(pool_code::Column::PoolId.eq(pool))
                .filter(pool_code::Column::ClaimId.is_null());
            let first = all.clone().order_by_asc(pool_code::Column::Id).limit(count);
            let first = match tx.backend() {
                DbBackend::Postgres => {
                    first.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                }
                _ => first,
            };
            let mut codes = first.all(tx.connection()).await?;
            let found = u64::try_from(codes.len()).map_err(Error::internal)?;
            if found < count {
                let left = all.count(tx.connection()).await?;
                free.is_held.insert(pool, left > found);
            }
            codes.reverse();
            free.codes.insert(pool, codes);
        }
        Ok(free)
    }

    /// The next code; else whether it is worth asking again.
    pub(super) fn take(&mut self, pool: CodePoolId) -> Result<pool_code::Model, bool> {
        let next = self.codes.get_mut(&pool).and_then(Vec::pop);
        next.ok_or_else(|| self.is_held.get(&pool).copied().unwrap_or(false))
    }
}

#[cfg(test)]
mod tests {
    //! What a file of codes is.

    use super::*;

    #[test]
    fn a_file_has_one_code_a_line() {
        assert_eq!(codes("code\r\nAB-12\r\n\r\n cd_34 \n").unwrap(), ["AB-12", "cd_34"]);
        assert_eq!(codes("\u{feff}CODE\nABCD").unwrap(), ["ABCD"]);
        assert_eq!(codes("ABCD\ncode").unwrap(), ["ABCD", "code"]);
        for (file, said) in [
            ("", "A file has 1 to 10000 codes, one a line."),
            ("code\n", "A file has 1 to 10000 codes, one a line."),
            ("ABCD\nAB C", "Line 2 isn't a code of 4 to 64 letters, digits and signs."),
            ("ABC", "Line 1 isn't a code of 4 to 64 letters, digits and signs."),
            ("ÄBCD", "Line 1 isn't a code of 4 to 64 letters, digits and signs."),
        ] {
            assert_eq!(codes(file).unwrap_err().message, said, "{file:?}");
        }
        assert!(codes(&"ABCD\n".repeat(CODES_MAX + 1)).is_err());
    }
}
