//! Signatures with P-521 keys, which ring does not verify.

use p521::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier};
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The length of a field element in bytes.
const FIELD: usize = 66;

/// ECDSA with a P-521 key and one of the hashes.
#[derive(Debug)]
pub(super) struct EcdsaP521 {
    signature: AlgorithmIdentifier,
    hash: fn(&[u8]) -> Vec<u8>,
}

pub(super) static P521_SHA256: EcdsaP521 =
    EcdsaP521 { signature: alg_id::ECDSA_SHA256, hash: |message| Sha256::digest(message).to_vec() };
pub(super) static P521_SHA384: EcdsaP521 =
    EcdsaP521 { signature: alg_id::ECDSA_SHA384, hash: |message| Sha384::digest(message).to_vec() };
pub(super) static P521_SHA512: EcdsaP521 =
    EcdsaP521 { signature: alg_id::ECDSA_SHA512, hash: |message| Sha512::digest(message).to_vec() };

impl SignatureVerificationAlgorithm for EcdsaP521 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        // Every hash is shorter than the field, and p521 refuses those under half its length: zeros do not change the number.
        let hash = (self.hash)(message);
        let mut number = [0; FIELD];
        number[FIELD - hash.len()..].copy_from_slice(&hash);
        key.verify_prehash(&number, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    // Made by `openssl ecparam -name secp521r1 -genkey` and `openssl dgst -sha256 -sign` and so on.
    const MESSAGE: &[u8] = b"the quick brown fox";
    const KEY: &str = "0400be8c75420ae78d70899d344025b2f682cb1bfc2140c19cb27d138b1b68935f0df0355a4f025151c77feaa4100f448807\
         ee34633aa8e715627f0b2169aacd00900b01c2b0b2f72e632f6e6a4ecad0187c349b8589d60c7dce349fa188d3521ddbbf67\
         a4d6fcb04e3e6017ad6fac4aae1107fc3510870d91b68d2ba659f74aefa7b79910";
    const WITH_SHA256: &str = "308187024201995855d6e2c3240934daeaada37340fa096b5ae8248ab0e19bf8f73451ad35939b99140b31754c7851b0dad4\
         1fed7eda346e743cc45dd6713a361932fbdb540d3b024115fe32842ecdeca93bf8ae37bf58824593cfbd2c45b7a2822faeb0\
         d5bbf60096dbb44e8fbb71a40abfaab9ed90594bee9da0ab41347019d31980b22c8edff7b3ba";
    const WITH_SHA384: &str = "3081880242013bdff93d73fa36bf83b0fca3883b55c17e64a91b55a4711a3ce2c4273377aaec541d1f6a984dce11a1a18d87\
         2bb6f790a20b910801d514b437c45b2715e5e483d8024201e4155d340ae239ac364b89b016c3398dd571a992cbee15def488\
         2e034f7ce7ff67cb1769804639008af73413348cbe67d6f862071dac3760eda29190cb96fe4005";
    const WITH_SHA512: &str = "3081870242008c4af5e14c5d1483f86c3311bf04f177294111b2bd6318c38bd38ba79914e1a78a7a67844908b390ff0125ae\
         dfc0c566604d248d06c6ba92953b7233a4218a9def0241286be09ea3b87b079dd0802bc1e3be5de57892fccb2f4e88916025\
         4a7c744ad11647f6db8f880f7ac1c1dbe96c3a94bccf338ce3369d3dcaa18e8e31ff619d8887";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    #[rstest]
    #[case::sha256(&P521_SHA256, WITH_SHA256)]
    #[case::sha384(&P521_SHA384, WITH_SHA384)]
    #[case::sha512(&P521_SHA512, WITH_SHA512)]
    fn a_signature_of_openssl_is_verified(#[case] algorithm: &EcdsaP521, #[case] signature: &str) {
        let (key, signature) = (bytes(KEY), bytes(signature));
        assert!(algorithm.verify_signature(&key, MESSAGE, &signature).is_ok());
        assert!(algorithm.verify_signature(&key, b"the quick brown box", &signature).is_err());
        assert!(algorithm.verify_signature(&key[1..], MESSAGE, &signature).is_err());
        assert!(algorithm.verify_signature(&key, MESSAGE, &signature[1..]).is_err());
    }
}
