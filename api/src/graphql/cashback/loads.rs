//! What one answer shows of cashback, read at once.

use std::collections::HashMap;

use entity::cashback::{bank_account, cashback_wallet};
use entity::ids::MemberId;
use service::{Actor, Error, Services};

use crate::graphql::loaders::Batch;

/// The cashback of members' wallets.
pub struct CashbackWallets(pub Services, pub Actor);

impl Batch for CashbackWallets {
    type Key = MemberId;
    type Value = cashback_wallet::Model;

    async fn load(
        &self,
        keys: Vec<MemberId>,
    ) -> Result<HashMap<MemberId, cashback_wallet::Model>, Error> {
        Ok(self.0.cashback.wallets(&self.1, &keys).await?.into_iter().collect())
    }
}

/// Members' bank accounts.
pub struct BankAccounts(pub Services, pub Actor);

impl Batch for BankAccounts {
    type Key = MemberId;
    type Value = bank_account::Model;

    async fn load(
        &self,
        keys: Vec<MemberId>,
    ) -> Result<HashMap<MemberId, bank_account::Model>, Error> {
        let rows = self.0.cashback.bank_accounts(&self.1, &keys).await?;
        Ok(rows.into_iter().map(|row| (row.member_id, row)).collect())
    }
}
