//! Code pools, as suppliers and operators keep them.

use async_graphql::{Context, ID, InputObject, Object};
use entity::ids::{CodePoolId, PartnerId};
use entity::rewards::code_pool;
use service::rewards::pools::{Level, NewPool};

use super::loads::Levels;
use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::error::Result;
use crate::graphql::loaders::Loaders;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::page::{Asked, Connection};
use crate::graphql::partners::Partner;
use crate::graphql::scalars::{DateTime, Id, Points};

/// Codes that a supplier made.
pub struct CodePool(pub(in crate::graphql) code_pool::Model);

impl CodePool {
    async fn level(&self, ctx: &Context<'_>) -> Result<Level> {
        let (services, actor) = app(ctx);
        let loaders = ctx.data_unchecked::<Loaders>();
        let loader = loaders.of(|| Levels(services.clone(), actor.clone()));
        Ok(loader.load(self.0.id).await?.unwrap_or_default())
    }
}

/// Codes that a supplier made, given to whoever claims a reward that has them, the oldest first. Nobody sees one
/// but the member who gets it.
#[Object]
impl CodePool {
    /// Its id: `cpl_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its short name, unique in the programme.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whose it is; null where it is the programme's own.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let Some(id) = self.0.partner_id else { return Ok(None) };
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, id).await?.map(Partner))
    }

    /// How many codes it has had.
    async fn total(&self, ctx: &Context<'_>) -> Result<Option<Points>> {
        Ok(Points::change(self.level(ctx).await?.total))
    }

    /// How many of them nobody has got.
    async fn left(&self, ctx: &Context<'_>) -> Result<Option<Points>> {
        Ok(Points::change(self.level(ctx).await?.left))
    }

    /// It is low when fewer are left.
    async fn low_below(&self) -> Option<Points> {
        Points::change(self.0.low_below)
    }

    /// Whether it is: add codes.
    async fn is_low(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.level(ctx).await?.left < self.0.low_below)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// A pool to be made.
#[derive(InputObject)]
pub struct CreateCodePoolInput {
    /// 1 to 64 lower-case letters, digits and hyphens; unique in the programme.
    code: String,
    /// What people call it, 1 to 200 characters.
    name: String,
    /// Whose it is: to an operator the programme's own if left out, to a partner always its own.
    partner_id: Option<Id<PartnerId>>,
    /// It is low when fewer are left, at most 1,000,000,000; never if left out.
    low_below: Option<Points>,
}

/// Codes to be added.
#[derive(InputObject)]
pub struct AddPoolCodesInput {
    /// To which pool.
    code_pool_id: Id<CodePoolId>,
    /// One a line, 4 to 64 letters, digits and signs each, at most 10,000; a first line that says `code` is a
    /// heading. A large file goes to `/graphql/batch`.
    file: String,
}

mutation! {
    CreateCodePool refuses [CodeInvalid, CodeTaken, NameInvalid, PartnerNotFound, ValueOutOfRange,];
    /// What making a pool did.
    pub struct CreateCodePoolPayload {
        /// The pool; null when refused.
        code_pool: Option<CodePool>,
    }
}

mutation! {
    AddPoolCodes refuses [CodePoolNotFound, CodeFileInvalid,];
    /// What adding codes did.
    pub struct AddPoolCodesPayload {
        /// The pool; null when refused.
        code_pool: Option<CodePool>,
        /// How many it has got.
        added: i32,
        /// How many were there before, in whichever pool, or stood in the file twice.
        duplicates: i32,
    }
}

/// The queries of this context.
#[derive(Default)]
pub struct PoolsQuery;

#[Object]
impl PoolsQuery {
    /// The code pool with this id; null where there is none that the caller may see. For operators, and a partner
    /// its own, with `rewards:write`.
    async fn code_pool(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: Id<CodePoolId>,
    ) -> Result<Option<CodePool>> {
        Ok(load(ctx, id.0).await?.map(CodePool))
    }

    /// Code pools, oldest first. For operators, and a partner its own, with `rewards:write`.
    async fn code_pools(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<CodePool>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<CodePool, uuid::Uuid>()?;
        let page = services.rewards.pools(actor, window).await?;
        Ok(Connection::new(page, |own| own.id.uuid(), CodePool))
    }
}

/// The mutations of this context.
#[derive(Default)]
pub struct PoolsMutation;

#[Object]
impl PoolsMutation {
    /// Makes a code pool, with no codes yet. For operators and partners with `rewards:write`.
    async fn create_code_pool(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: CreateCodePoolInput,
    ) -> Result<CreateCodePoolPayload> {
        let (services, actor) = app(ctx);
        let wish = NewPool {
            code: input.code,
            name: input.name,
            partner: input.partner_id.map(|id| id.0),
            low_below: input.low_below.map_or(0, |low| low.get()),
        };
        answer(services.rewards.create_pool(actor, wish).await, |pool| CreateCodePoolPayload {
            code_pool: Some(CodePool(pool)),
            ..CreateCodePoolPayload::default()
        })
    }

    /// Adds codes to a pool. Those that are there already aren't added again, so that a file can be sent twice; a
    /// line that is no code refuses all of it. For operators, and a partner its own, with `rewards:write`.
    async fn add_pool_codes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: AddPoolCodesInput,
    ) -> Result<AddPoolCodesPayload> {
        let (services, actor) = app(ctx);
        let added = services.rewards.add_codes(actor, input.code_pool_id.0, &input.file).await;
        answer(added, |done| AddPoolCodesPayload {
            code_pool: Some(CodePool(done.pool)),
            added: i32::try_from(done.added).unwrap_or(i32::MAX),
            duplicates: i32::try_from(done.duplicates).unwrap_or(i32::MAX),
            ..AddPoolCodesPayload::default()
        })
    }
}
