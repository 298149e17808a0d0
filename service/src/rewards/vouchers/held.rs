//! A voucher with its claim, locked, and what its uses make of both.

use chrono::{DateTime, Utc};
use entity::ids::{PartnerId, ProgrammeId, VoucherId, VoucherUseId};
use entity::rewards::reward_claim::{self, ClaimStatus};
use entity::rewards::voucher;
use entity::rewards::voucher_use::{self, VoucherUseStatus};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};

use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::rewards::claims::step;
use crate::tx::Tx;

/// A voucher with its claim, both locked.
pub(super) struct Held {
    pub(super) voucher: voucher::Model,
    pub(super) claim: reward_claim::Model,
}

impl Held {
    /// The voucher that a code names, if it is taken there.
    pub(super) async fn by_code(
        tx: &Tx,
        (programme, partner): (ProgrammeId, PartnerId),
        hashes: &[Vec<u8>],
    ) -> Result<Self> {
        let query = voucher::Entity::find()
            .filter(voucher::Column::ProgrammeId.eq(programme))
            .filter(voucher::Column::CodeHash.is_in(hashes.to_vec()))
            .lock_exclusive();
        let found = query.one(tx.connection()).await?;
        let found = found.filter(|row| row.partner_id.is_none_or(|own| own == partner));
        let voucher = found.ok_or(Refusal::new(Code::VoucherNotFound).at("code"))?;
        Self::of(tx, voucher).await
    }

    /// The voucher of that id.
    pub(super) async fn by_id(tx: &Tx, programme: ProgrammeId, id: VoucherId) -> Result<Self> {
        let query = voucher::Entity::find_by_id((programme, id)).lock_exclusive();
        let voucher = query.one(tx.connection()).await?;
        Self::of(tx, voucher.ok_or_else(|| Error::internal("a use without a voucher"))?).await
    }

    async fn of(tx: &Tx, voucher: voucher::Model) -> Result<Self> {
        let id = (voucher.programme_id, voucher.claim_id);
        let claim = reward_claim::Entity::find_by_id(id).lock_exclusive();
        let claim = claim.one(tx.connection()).await?;
        let claim = claim.ok_or_else(|| Error::internal("a voucher without a claim"))?;
        Ok(Self { voucher, claim })
    }

    /// Gives back what was set aside for too long; says how many.
    pub(super) async fn lapse(&mut self, tx: &Tx, now: DateTime<Utc>) -> Result<u64> {
        let due = voucher_use::Entity::find()
            .filter(voucher_use::Column::ProgrammeId.eq(self.voucher.programme_id))
            .filter(voucher_use::Column::VoucherId.eq(self.voucher.id))
            .filter(voucher_use::Column::Status.eq(VoucherUseStatus::Reserved))
            .filter(voucher_use::Column::LapsesAt.lte(now));
        let mut lapsed = 0;
        for used in due.all(tx.connection()).await? {
            let closed_at = used.lapses_at;
            let used =
                voucher_use::Model { status: VoucherUseStatus::Cancelled, closed_at, ..used };
            used.into_active_model().reset_all().update(tx.connection()).await?;
            self.voucher.uses -= 1;
            lapsed += 1;
        }
        Ok(lapsed)
    }

    /// Whether it can be used once more.
    pub(super) fn is_good(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let is_over = self.claim.expires_at.is_some_and(|at| at <= now);
        let code = match self.claim.status {
            ClaimStatus::Cancelled | ClaimStatus::Refunded => Code::VoucherCancelled,
            ClaimStatus::Used => Code::VoucherUsed,
            ClaimStatus::Expired => Code::VoucherExpired,
            _ if is_over => Code::VoucherExpired,
            _ if self.voucher.uses >= self.voucher.uses_max => Code::VoucherSetAside,
            _ => return Ok(()),
        };
        Err(Refusal::new(code).at("code"))
    }

    /// Stores how often it was used, and where its claim stands by that.
    pub(super) async fn settle(
        self,
        tx: &Tx,
        made_by: &str,
        now: DateTime<Utc>,
    ) -> Result<reward_claim::Model> {
        let Self { voucher, claim } = self;
        let redeemed = voucher_use::Entity::find()
            .filter(voucher_use::Column::ProgrammeId.eq(voucher.programme_id))
            .filter(voucher_use::Column::VoucherId.eq(voucher.id))
            .filter(voucher_use::Column::Status.eq(VoucherUseStatus::Redeemed));
        let redeemed = redeemed.count(tx.connection()).await?;
        let is_used_up = i32::try_from(redeemed).is_ok_and(|count| count >= voucher.uses_max);
        voucher.into_active_model().reset_all().update(tx.connection()).await?;
        let (status, closed_at) = match (claim.status, is_used_up) {
            (ClaimStatus::Fulfilled, true) => (ClaimStatus::Used, Some(now)),
            (ClaimStatus::Used, false) => (ClaimStatus::Fulfilled, None),
            _ => return Ok(claim),
        };
        let claim = reward_claim::Model { status, closed_at, ..claim };
        step(tx, claim, (made_by, None), now).await
    }
}

/// A use of a voucher that is gone for good can't be given back.
pub(super) fn is_open(claim: &reward_claim::Model) -> Result<(), Refusal> {
    let code = match claim.status {
        ClaimStatus::Expired => Code::VoucherExpired,
        ClaimStatus::Cancelled | ClaimStatus::Refunded => Code::VoucherCancelled,
        _ => return Ok(()),
    };
    Err(Refusal::new(code).at("voucherUseId"))
}

/// A use, if there is one.
pub(super) async fn find_use(
    tx: &Tx,
    programme: ProgrammeId,
    id: VoucherUseId,
) -> Result<Option<voucher_use::Model>> {
    Ok(voucher_use::Entity::find_by_id((programme, id)).one(tx.connection()).await?)
}
