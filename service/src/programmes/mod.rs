//! Programmes: made on the command line, amended by their operators.

pub(crate) mod amend;
mod rules;
pub mod settings;

use std::sync::Arc;

use entity::amount::Currency;
use entity::ids::{OperatorId, ProgrammeId};
use entity::programmes::{operator, programme};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

pub use self::amend::Amend;
pub use self::rules::Rules;
pub use self::settings::Settings;

use crate::actor::Actor;
use crate::clock::Clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::fresh::Fresh;
use crate::refusal::{Code, Refusal};
use crate::{text, tx};

/// The use cases.
pub struct Programmes {
    db: Db,
    clock: Clock,
    rules: Fresh<ProgrammeId, Rules>,
}

/// A programme to be made.
#[derive(Clone, Debug)]
pub struct Create {
    /// Unique in the installation.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// What one point is called on screens.
    pub points_code: String,
    /// What points are called in a sentence.
    pub points_name: String,
    /// ISO 4217; it can't be changed later.
    pub currency: String,
    /// The rest.
    pub settings: Settings,
    /// Who runs it first.
    pub operator: String,
}

impl Programmes {
    /// The use cases over this database.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, rules: Fresh::default() }
    }

    /// Makes a programme and its first operator. For the command line: whoever runs it owns the
    /// installation.
    pub async fn create(&self, wish: Create) -> Result<(programme::Model, operator::Model)> {
        let currency: Currency = wish
            .currency
            .parse()
            .map_err(|_| Refusal::new(Code::CurrencyUnknown).at("currency"))?;
        let at = self.clock.now();
        let base = programme::Model {
            id: ProgrammeId::at(at),
            code: text::code(&wish.code)?,
            name: text::name(&wish.name)?,
            points_code: text::clean(&wish.points_code, 12, Code::NameInvalid)
                .map_err(|r| r.at("pointsCode"))?,
            points_name: text::clean(&wish.points_name, 64, Code::NameInvalid)
                .map_err(|r| r.at("pointsName"))?,
            currency,
            version: 1,
            created_at: at,
            ..settings::blank()
        };
        let row = wish.settings.apply_to(base)?;
        tx::retrying(|| async {
            let tx = self.db.begin().await?;
            let same = programme::Entity::find().filter(programme::Column::Code.eq(&row.code));
            if same.one(tx.connection()).await?.is_some() {
                return Err(Refusal::new(Code::CodeTaken).at("code").into());
            }
            let row = row.clone().into_active_model().insert(tx.connection()).await?;
            let operator = new_operator(&tx, row.id, &wish.operator, at).await?;
            tx.commit((row, operator)).await
        })
        .await
    }

    /// The caller's programme.
    pub async fn own(&self, actor: &Actor) -> Result<Arc<Rules>> {
        self.rules(actor.programme()?).await
    }

    /// Reads the programme's rules anew next time.
    pub(crate) fn forget(&self, programme: ProgrammeId) {
        self.rules.forget(programme);
    }

    /// The programme's rules, at most five seconds old.
    pub async fn rules(&self, programme: ProgrammeId) -> Result<Arc<Rules>> {
        self.rules
            .get(programme, async {
                let row = programme::Entity::find_by_id(programme).one(self.db.reader()).await?;
                Rules::new(
                    row.ok_or(Error::Unauthenticated("the token's programme doesn't exist"))?,
                )
            })
            .await
    }

    /// The programme with this code, or the only one. For the command line.
    pub async fn by_code(&self, code: Option<&str>) -> Result<programme::Model> {
        let mut found = match code {
            Some(code) => programme::Entity::find().filter(programme::Column::Code.eq(code)),
            None => programme::Entity::find(),
        }
        .order_by_asc(programme::Column::Code)
        .all(self.db.reader())
        .await?;
        match (found.len(), code) {
            (1, _) => Ok(found.remove(0)),
            (0, Some(code)) => {
                Err(Error::bad_input("programme", format!("there is no programme {code}")))
            }
            (0, None) => Err(Error::bad_input(
                "programme",
                "there is no programme yet: florin programme create",
            )),
            _ => {
                let codes: Vec<&str> = found.iter().map(|row| row.code.as_str()).collect();
                let message =
                    format!("there are several programmes, name one: {}", codes.join(", "));
                Err(Error::bad_input("programme", message))
            }
        }
    }

    /// All programmes. For background work.
    pub async fn all(&self) -> Result<Vec<programme::Model>> {
        Ok(programme::Entity::find()
            .order_by_asc(programme::Column::Id)
            .all(self.db.reader())
            .await?)
    }

    /// The operator with this name, made if there is none. For the command line.
    pub async fn operator_named(
        &self,
        programme: ProgrammeId,
        name: &str,
    ) -> Result<operator::Model> {
        let name = &text::name(name)?;
        tx::retrying(|| async {
            let tx = self.db.begin().await?;
            let operators = operator::Entity::find()
                .filter(operator::Column::ProgrammeId.eq(programme))
                .filter(operator::Column::Name.eq(name));
            if let Some(found) = operators.one(tx.connection()).await? {
                return Ok(found);
            }
            let operator = new_operator(&tx, programme, name, self.clock.now()).await?;
            tx.commit(operator).await
        })
        .await
    }
}

impl Rules {
    /// As they are now, not as a gateway remembers them: another account to pay from, or a lower limit, holds
    /// at once.
    pub(crate) async fn now(tx: &tx::Tx, programme: ProgrammeId) -> Result<Self> {
        let row = programme::Entity::find_by_id(programme).one(tx.connection()).await?;
        Self::new(row.ok_or(Error::Unauthenticated("the token's programme doesn't exist"))?)
    }
}

async fn new_operator(
    tx: &tx::Tx,
    programme: ProgrammeId,
    name: &str,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<operator::Model> {
    let row = operator::Model {
        id: OperatorId::at(at),
        programme_id: programme,
        name: text::name(name).map_err(|refusal| refusal.at("operator"))?,
        suspended_at: None,
        created_at: at,
    };
    Ok(row.into_active_model().insert(tx.connection()).await?)
}
