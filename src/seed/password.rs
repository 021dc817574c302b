//! Hashed passwords (argon2id, as a PHC string). The salt follows from the row, so that a second
//! run finds the value it wrote.

use argon2::Argon2;
use sha2::{Digest, Sha256};

pub(super) fn hash(password: &str, row: &str) -> Result<String, String> {
    let digest =
        Sha256::new().chain_update(row).chain_update([0]).chain_update(password).finalize();
    let salt = digest.get(..16).unwrap_or_default();
    let mut out = [0; 32];
    Argon2::default()
        .hash_password_into(password.as_bytes(), salt, &mut out)
        .map_err(|error| format!("cannot hash the password: {error}"))?;
    let params = argon2::Params::default();
    Ok(format!(
        "$argon2id$v=19$m={},t={},p={}${}${}",
        params.m_cost(),
        params.t_cost(),
        params.p_cost(),
        base64(salt),
        base64(&out)
    ))
}

/// Without padding, as PHC strings have it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..=group.len() {
            let index = (bits >> (18 - 6 * digit)) & 63;
            text.push(char::from(DIGITS.get(index as usize).copied().unwrap_or(b'A')));
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    #[test]
    fn a_hash_stays_and_names_its_parameters() {
        let hash = super::hash("secret", "users\0password\0(id) = (1)").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(hash.len(), 97);
        assert_eq!(hash, super::hash("secret", "users\0password\0(id) = (1)").unwrap());
        assert_ne!(hash, super::hash("secret", "users\0password\0(id) = (2)").unwrap());
        assert_eq!(super::base64(b"any carnal"), "YW55IGNhcm5hbA");
    }
}
