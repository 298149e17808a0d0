//! Reading receipts: a partner its own, a member its own, an operator all.

use std::collections::HashSet;

use entity::ids::{MemberId, PartnerId, PurchaseId, ReturnId};
use entity::purchases::{purchase, purchase_return, receipt_key};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{Purchases as UseCases, rules};
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::page::{Page, Window};
use crate::refusal::{Code, Refusal};
use crate::text;

/// What names a receipt.
#[derive(Clone, Debug)]
pub enum PurchaseRef {
    /// Its id.
    Id(PurchaseId),
    /// Its partner and number, with the store and moment where those are part of its scope.
    Receipt {
        /// Whose.
        partner: PartnerId,
        /// What the till printed.
        number: String,
        /// The partner's own code.
        store_code: Option<String>,
        /// Any moment of that day.
        on: Option<chrono::DateTime<chrono::Utc>>,
    },
}

/// Which receipts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Purchases {
    /// Of this partner.
    pub partner: Option<PartnerId>,
    /// Of this member.
    pub member: Option<MemberId>,
}

impl UseCases {
    /// The receipt so named, if there is one that the caller may see.
    pub async fn find(&self, actor: &Actor, named: PurchaseRef) -> Result<Option<purchase::Model>> {
        if !matches!(actor.who(), Who::Member(_)) {
            actor.programme().and_then(|_| actor.with(Scope::PurchasesRead))?;
        }
        let id = match named {
            PurchaseRef::Id(id) => Some(id),
            named @ PurchaseRef::Receipt { .. } => self.id_of(actor, named).await?,
        };
        let Some(id) = id else { return Ok(None) };
        Ok(self.by_ids(actor, &[id]).await?.pop())
    }

    async fn id_of(&self, actor: &Actor, named: PurchaseRef) -> Result<Option<PurchaseId>> {
        let programme = actor.programme()?;
        let PurchaseRef::Receipt { partner, number, store_code, on } = named else {
            return Ok(None);
        };
        let rules = self.ask.programmes.rules(programme).await?;
        let directory = self.ask.partners.directory(programme).await?;
        let Some(row) = directory.partner(partner) else { return Ok(None) };
        let Ok(number) = text::clean(&number, 64, Code::ReceiptNumberInvalid) else {
            return Ok(None);
        };
        let at = on.unwrap_or_else(|| self.clock.now());
        let store = store_code.map(|code| directory.store(partner, &code).map(|store| store.id));
        let Ok(store) = store.transpose() else { return Ok(None) };
        let scope = rules::scope(&rules, row.receipt_scope, store, at)?;
        let key = receipt_key::Entity::find_by_id((programme, partner, scope, number))
            .one(self.db.reader_for(actor))
            .await?;
        Ok(key.map(|key| key.purchase_id))
    }

    /// Receipts by age: a partner lists its own, a member its own, an operator any.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: Purchases,
        window: Window<Uuid>,
    ) -> Result<Page<purchase::Model>> {
        let programme = actor.programme()?;
        let filter = narrowed(actor, filter)?;
        let mut query =
            purchase::Entity::find().filter(purchase::Column::ProgrammeId.eq(programme));
        if let Some(partner) = filter.partner {
            query = query.filter(purchase::Column::PartnerId.eq(partner));
        }
        if let Some(member) = filter.member {
            query = query.filter(purchase::Column::MemberId.eq(member));
        }
        window.read(self.db.reader_for(actor), query.cursor_by(purchase::Column::Id)).await
    }

    /// How many receipts the programme has, and how many returns. For operators.
    pub async fn count(&self, actor: &Actor) -> Result<(u64, u64)> {
        let (programme, _) = actor.operator(Scope::PurchasesRead)?;
        let receipts = purchase::Entity::find().filter(purchase::Column::ProgrammeId.eq(programme));
        let returns = purchase_return::Entity::find()
            .filter(purchase_return::Column::ProgrammeId.eq(programme));
        let db = self.db.reader_for(actor);
        Ok((receipts.count(db).await?, returns.count(db).await?))
    }

    /// Purchases by id that the caller may see, for entries that name them.
    pub async fn by_ids(&self, actor: &Actor, ids: &[PurchaseId]) -> Result<Vec<purchase::Model>> {
        let programme = actor.programme()?;
        let query = purchase::Entity::find()
            .filter(purchase::Column::ProgrammeId.eq(programme))
            .filter(purchase::Column::Id.is_in(ids.iter().copied()));
        let found = query.all(self.db.reader_for(actor)).await?;
        Ok(found.into_iter().filter(|purchase| may_see(actor, purchase)).collect())
    }

    /// Returns by id, of receipts that the caller may see.
    pub async fn returns_by_ids(
        &self,
        actor: &Actor,
        ids: &[ReturnId],
    ) -> Result<Vec<purchase_return::Model>> {
        let programme = actor.programme()?;
        let query = purchase_return::Entity::find()
            .filter(purchase_return::Column::ProgrammeId.eq(programme))
            .filter(purchase_return::Column::Id.is_in(ids.iter().copied()));
        let mut found = query.all(self.db.reader_for(actor)).await?;
        let of: Vec<_> = found.iter().map(|part| part.purchase_id).collect();
        let visible: HashSet<_> =
            self.by_ids(actor, &of).await?.into_iter().map(|purchase| purchase.id).collect();
        found.retain(|part| visible.contains(&part.purchase_id));
        Ok(found)
    }

    /// What came back of these receipts, which the caller must have been shown.
    pub async fn returns(
        &self,
        actor: &Actor,
        purchases: &[PurchaseId],
    ) -> Result<Vec<purchase_return::Model>> {
        let programme = actor.programme()?;
        let query = purchase_return::Entity::find()
            .filter(purchase_return::Column::ProgrammeId.eq(programme))
            .filter(purchase_return::Column::PurchaseId.is_in(purchases.iter().copied()))
            .order_by_asc(purchase_return::Column::Id);
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}

/// The filter with the caller's own part put in.
fn narrowed(actor: &Actor, filter: Purchases) -> Result<Purchases> {
    match actor.who() {
        Who::Operator(_) => actor.with(Scope::PurchasesRead).map(|()| filter),
        Who::Partner(own, _) if filter.partner.is_none_or(|partner| partner == own) => {
            actor.with(Scope::PurchasesRead).map(|()| Purchases { partner: Some(own), ..filter })
        }
        Who::Partner(..) => Err(Refusal::new(Code::PartnerNotFound).at("partnerId").into()),
        Who::Member(own) if filter.member.is_none_or(|member| member == own) => {
            Ok(Purchases { member: Some(own), ..filter })
        }
        Who::Member(_) => Err(Refusal::new(Code::MemberNotFound).at("memberId").into()),
        Who::System => Ok(filter),
        Who::Anonymous => Err(Error::Unauthenticated("a bearer token is needed")),
    }
}

fn may_see(actor: &Actor, purchase: &purchase::Model) -> bool {
    match actor.who() {
        Who::Operator(_) | Who::System => actor.has(Scope::PurchasesRead),
        Who::Partner(partner, _) => {
            purchase.partner_id == partner && actor.has(Scope::PurchasesRead)
        }
        Who::Member(member) => purchase.member_id == Some(member),
        Who::Anonymous => false,
    }
}
