//! What the books keep of a voucher's code: a hash to find it by, and the code sealed for its member. Who
//! reads the tables, and has no master key, can't show a voucher.

use aws_lc_rs::hmac;
use entity::ids::{ProgrammeId, RewardClaimId};
use entity::rewards::voucher;
use uuid::Uuid;

use super::code::VoucherCode;
use crate::auth::MasterKey;
use crate::error::{Error, Result};
use crate::seal::{seal, unseal};

/// Leads what codes are hashed under, so that the master key is used for nothing twice.
const PURPOSE: &[u8] = b"florin voucher codes, version 1";

/// The longest text that is looked for.
const TYPED_MAX: usize = 64;

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
            hash: hash(master, programme, code.plain()),
            sealed: seal(master, &name(programme, claim), code.plain().as_bytes())?,
        })
    }
}

/// What a code is found by, in its programme.
fn hash(master: &MasterKey, programme: ProgrammeId, code: &str) -> Vec<u8> {
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, master.expose()), PURPOSE);
    let key = hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref());
    let mut context = hmac::Context::with_key(&key);
    context.update(programme.uuid().as_bytes());
    context.update(code.as_bytes());
    context.sign().as_ref().to_vec()
}

/// What a typed text may be found by: as a code that was drawn, and as one of a pool, in which small letters are as
/// good as capital ones.
pub(super) fn hashes(master: &MasterKey, programme: ProgrammeId, typed: &str) -> Vec<Vec<u8>> {
    let drawn = VoucherCode::read(typed).map(|code| hash(master, programme, code.plain()));
    let pooled = typed.trim();
    let pooled = (!pooled.is_empty() && pooled.len() <= TYPED_MAX)
        .then(|| hash(master, programme, &pool_form(pooled)));
    drawn.into_iter().chain(pooled).collect()
}

/// No code can be mistaken for one of the other kind.
fn pool_form(code: &str) -> String {
    format!("pool {}", code.to_ascii_uppercase())
}

/// A pool's code as it is stored: what it is found by, and sealed.
pub(in crate::rewards) fn pooled(
    master: &MasterKey,
    (programme, id): (ProgrammeId, Uuid),
    code: &str,
) -> Result<(Vec<u8>, Vec<u8>)> {
    let sealed = seal(master, &pool_name(programme, id), code.as_bytes())?;
    Ok((hash(master, programme, &pool_form(code)), sealed))
}

/// A voucher's code, as people read it.
pub(super) fn opened(master: &MasterKey, voucher: &voucher::Model) -> Result<String> {
    let name = match voucher.pool_code_id {
        Some(id) => pool_name(voucher.programme_id, id),
        None => name(voucher.programme_id, voucher.claim_id),
    };
    let plain = unseal(master, &name, &voucher.code_sealed)?;
    let plain = String::from_utf8(plain).map_err(Error::internal)?;
    Ok(match voucher.pool_code_id {
        Some(_) => plain,
        None => VoucherCode::shown(&plain),
    })
}

fn name(programme: ProgrammeId, claim: RewardClaimId) -> String {
    format!("{programme} {claim} voucher")
}

fn pool_name(programme: ProgrammeId, id: Uuid) -> String {
    format!("{programme} {id} pool code")
}
