//! Vouchers as whoever may sees them: a member its own with the code, a partner what is shown at its till,
//! operators all, without.

use std::collections::HashMap;

use entity::ids::{RewardClaimId, VoucherId, VoucherUseId};
use entity::rewards::{reward_claim, voucher, voucher_use};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::secret::{hashes, opened};
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::rewards::Rewards;
use crate::rows::find_among;

impl Rewards {
    /// The vouchers of claims that the caller sees.
    pub async fn vouchers(
        &self,
        actor: &Actor,
        claims: &[RewardClaimId],
    ) -> Result<HashMap<RewardClaimId, voucher::Model>> {
        let (programme, db) = (actor.programme()?, self.ask.db.reader_for(actor));
        let ids = claims.iter().map(|id| id.uuid());
        let column = voucher::Column::ClaimId;
        let rows = find_among::<voucher::Entity, _>(db, programme, column, ids, "").await?;
        Ok(rows.into_iter().map(|row| (row.claim_id, row)).collect())
    }

    /// Those of these vouchers whose claims the caller may see, with them.
    pub async fn vouchers_by_ids(
        &self,
        actor: &Actor,
        ids: &[VoucherId],
    ) -> Result<Vec<(voucher::Model, reward_claim::Model)>> {
        let (programme, db) = (actor.programme()?, self.ask.db.reader_for(actor));
        let (column, ids) = (voucher::Column::Id, ids.iter().map(|id| id.uuid()));
        let rows = find_among::<voucher::Entity, _>(db, programme, column, ids, "").await?;
        let claims: Vec<RewardClaimId> = rows.iter().map(|row| row.claim_id).collect();
        let claims = self.claims_by_ids(actor, &claims).await?;
        let with = |row: voucher::Model| {
            let claim = claims.iter().find(|claim| claim.id == row.claim_id)?.clone();
            Some((row, claim))
        };
        Ok(rows.into_iter().filter_map(with).collect())
    }

    /// Those of these uses that the caller may see: a partner what happened at its tills, others by their
    /// vouchers.
    pub async fn voucher_uses_by_ids(
        &self,
        actor: &Actor,
        ids: &[VoucherUseId],
    ) -> Result<Vec<voucher_use::Model>> {
        let (programme, db) = (actor.programme()?, self.ask.db.reader_for(actor));
        let (column, ids) = (voucher_use::Column::Id, ids.iter().map(|id| id.uuid()));
        let mut rows = find_among::<voucher_use::Entity, _>(db, programme, column, ids, "").await?;
        if let Who::Partner(..) = actor.who() {
            let (_, partner) = actor.partner(Scope::PaymentsWrite)?;
            rows.retain(|row| row.partner_id == partner);
            return Ok(rows);
        }
        let vouchers: Vec<VoucherId> = rows.iter().map(|row| row.voucher_id).collect();
        let seen = self.vouchers_by_ids(actor, &vouchers).await?;
        rows.retain(|row| seen.iter().any(|(voucher, _)| voucher.id == row.voucher_id));
        Ok(rows)
    }

    /// The uses of vouchers that the caller sees, oldest first.
    pub async fn voucher_uses(
        &self,
        actor: &Actor,
        vouchers: &[VoucherId],
    ) -> Result<HashMap<VoucherId, Vec<voucher_use::Model>>> {
        let (programme, db) = (actor.programme()?, self.ask.db.reader_for(actor));
        let ids = vouchers.iter().map(|id| id.uuid());
        let (column, also) = (voucher_use::Column::VoucherId, "order by voucher_id, id");
        let rows = find_among::<voucher_use::Entity, _>(db, programme, column, ids, also).await?;
        let mut uses: HashMap<VoucherId, Vec<voucher_use::Model>> = HashMap::new();
        for row in rows {
            uses.entry(row.voucher_id).or_default().push(row);
        }
        Ok(uses)
    }

    /// The code of a voucher, to the member who claimed it; to nobody else.
    pub fn code(
        &self,
        actor: &Actor,
        claim: &reward_claim::Model,
        voucher: &voucher::Model,
    ) -> Result<Option<String>> {
        if !matches!(actor.who(), Who::Member(member) if member == claim.member_id) {
            return Ok(None);
        }
        opened(&self.master_key, voucher).map(Some)
    }

    /// The claim of the voucher with this code, if it is taken at this partner's tills.
    pub async fn claim_shown(
        &self,
        actor: &Actor,
        code: &str,
    ) -> Result<Option<reward_claim::Model>> {
        let (programme, partner) = actor.partner(Scope::PaymentsWrite)?;
        self.may_try(actor).await?;
        let db = self.ask.db.reader();
        let hashes = hashes(&self.master_key, programme, code);
        let query = voucher::Entity::find()
            .filter(voucher::Column::ProgrammeId.eq(programme))
            .filter(voucher::Column::CodeHash.is_in(hashes));
        let found = query.one(db).await?;
        let found = found.filter(|row| row.partner_id.is_none_or(|own| own == partner));
        let Some(found) = found else {
            self.tried_in_vain(actor).await;
            return Ok(None);
        };
        let claim = reward_claim::Entity::find_by_id((programme, found.claim_id)).one(db).await?;
        claim.map(Some).ok_or_else(|| Error::internal("a voucher of a claim that isn't there"))
    }
}
