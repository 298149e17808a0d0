//! Tax rates by code, from a day on: what is set stays, and a change is another day's.

use chrono::NaiveDate;
use entity::amount::BasisPoints;
use entity::day::Day;
use entity::settlement::tax_rate;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use super::Settlement;
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::Result;
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::retrying;

/// A rate that holds from a day on.
#[derive(Clone, Debug)]
pub struct SetTaxRate {
    /// As contracts name it.
    pub code: String,
    /// The first day.
    pub from: NaiveDate,
    /// How much is added to a net amount.
    pub rate_bp: BasisPoints,
}

impl Settlement {
    /// Sets a rate. The same again changes nothing.
    pub async fn set_tax_rate(&self, actor: &Actor, wish: SetTaxRate) -> Result<tax_rate::Model> {
        let (programme, _) = actor.operator(Scope::SettlementWrite)?;
        let code = text::clean(&wish.code, 32, Code::ValueOutOfRange).map_err(|r| r.at("code"))?;
        let from_day = Day::from_date(wish.from);
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let key = (programme, code.clone(), from_day);
            if let Some(same) = tax_rate::Entity::find_by_id(key).one(tx.connection()).await? {
                if same.rate_bp == wish.rate_bp {
                    return Ok(same);
                }
                return Err(Refusal::new(Code::TaxRateTaken).at("from").into());
            }
            let row = tax_rate::Model {
                programme_id: programme,
                code: code.clone(),
                from_day,
                rate_bp: wish.rate_bp,
                set_by: actor.to_string(),
                set_at: at,
            };
            let seen = serde_json::json!({ "from": wish.from, "rateBp": wish.rate_bp });
            let change = Change {
                action: "tax.set",
                subject: code.clone(),
                before: None,
                after: Some(&seen),
            };
            audit::append(&tx, actor, programme, at, change).await?;
            let row = row.into_active_model().insert(tx.connection()).await?;
            tx.commit(row).await
        })
        .await
    }

    /// All rates of a programme, by code and day. For operators and partners.
    pub async fn tax_rates(&self, actor: &Actor) -> Result<Vec<tax_rate::Model>> {
        let programme = actor.programme()?;
        actor.with(Scope::SettlementRead)?;
        let query = tax_rate::Entity::find()
            .filter(tax_rate::Column::ProgrammeId.eq(programme))
            .order_by_asc(tax_rate::Column::Code)
            .order_by_asc(tax_rate::Column::FromDay);
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}
