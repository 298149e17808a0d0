//! What the books keep of a voucher's code: a hash to find it by, and the code sealed for its member. Who
//! reads the tables, and has no master key, can't show a voucher.

use aws_lc_rs::hmac;
use entity::ids::{ProgrammeId, RewardClaimId};

use super::code::VoucherCode;
use crate::auth::MasterKey;
use crate::error::{Error, Result};
use crate::seal::{seal, unseal};

/// Leads what codes are hashed under, so that the master key is used for nothing twice.
const PURPOSE: &[u8] = b"florin voucher codes, version 1";

/// A voucher's code, as it is stored.
#[derive(Clone)]
pub(in crate::rewards) struct Minted {
    pub(in crate::rewards) hash: Vec<u8>,
    pub(in crate::rewards) sealed: Vec<u8>,
}

impl Minted {
    /// A new code, for a claim.
    pub(in crate::rewards) fn new(
        master: &MasterKey,
        programme: ProgrammeId,
        claim: RewardClaimId,
    ) -> Result<Self> {
        let code = VoucherCode::draw()?;
        Ok(Self {
            hash: hash(master, programme, &code),
            sealed: seal(master, &name(programme, claim), code.plain().as_bytes())?,
        })
    }
}

/// What a code is found by, in its programme.
pub(super) fn hash(master: &MasterKey, programme: ProgrammeId, code: &VoucherCode) -> Vec<u8> {
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, master.expose()), PURPOSE);
    let key = hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref());
    let mut context = hmac::Context::with_key(&key);
    context.update(programme.uuid().as_bytes());
    context.update(code.plain().as_bytes());
    context.sign().as_ref().to_vec()
}

/// A claim's code, as people read it.
pub(super) fn opened(
    master: &MasterKey,
    (programme, claim): (ProgrammeId, RewardClaimId),
    sealed: &[u8],
) -> Result<String> {
    let plain = unseal(master, &name(programme, claim), sealed)?;
    let plain = String::from_utf8(plain).map_err(Error::internal)?;
    Ok(VoucherCode::shown(&plain))
}

fn name(programme: ProgrammeId, claim: RewardClaimId) -> String {
    format!("{programme} {claim} voucher")
}
