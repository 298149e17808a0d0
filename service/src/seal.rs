//! What nobody may read at rest, private keys and bank accounts: AES-256-GCM under the master key, bound
//! to the name of what it belongs to, so that it can't be put in another's place.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};

use crate::auth::MasterKey;
use crate::error::{Error, Result};

/// Nonce and ciphertext.
pub(crate) fn seal(master: &MasterKey, name: &str, plain: &[u8]) -> Result<Vec<u8>> {
    let mut sealed = plain.to_vec();
    let nonce = key(master)?
        .seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut sealed)
        .map_err(|_| Error::internal("nothing can be sealed"))?;
    Ok(nonce.as_ref().iter().copied().chain(sealed).collect())
}

/// The plain bytes; fails when the master key is another or the row was tampered with.
pub(crate) fn unseal(master: &MasterKey, name: &str, sealed: &[u8]) -> Result<Vec<u8>> {
    let wrong = || {
        Error::internal(
            "what was sealed can't be unsealed: FLORIN_MASTER_KEY isn't the one it was sealed under",
        )
    };
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
    let mut bytes = ciphertext.to_vec();
    let plain = key(master)?
        .open_in_place(nonce, Aad::from(name.as_bytes()), &mut bytes)
        .map_err(|_| wrong())?;
    Ok(plain.to_vec())
}

fn key(master: &MasterKey) -> Result<RandomizedNonceKey> {
    RandomizedNonceKey::new(&AES_256_GCM, master.expose())
        .map_err(|_| Error::internal("the master key can't be used"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_master_key_and_name_unseal() {
        let master = MasterKey::new([7; 32]);
        let sealed = seal(&master, "a", b"secret").unwrap();
        assert_eq!(unseal(&master, "a", &sealed).unwrap(), b"secret");
        assert!(unseal(&master, "b", &sealed).is_err());
        assert!(unseal(&MasterKey::new([8; 32]), "a", &sealed).is_err());
        assert!(unseal(&master, "a", &sealed[..5]).is_err());
    }
}
