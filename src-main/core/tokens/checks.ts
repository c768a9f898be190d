import type { CheckGroup } from '../vocabulary/tokens.ts'

// What is tried on a token. Listed is not working: each check is a round trip with session keys, against the host's own cryptography
// wherever the token lets a known key in or shows a public one. How a check is done is in the Hsm adapter (hsm/host/trials).

interface Check {
  readonly group: CheckGroup
  readonly name: string
  /** What `works` means. */
  readonly proves: string
  /** The mechanism that must be listed for the check to be tried (PKCS#11 v2.40, Ed25519 v3.0); undefined: it is always tried. */
  readonly mechanism?: number
  /** The mechanism's or the function's name in the specification. */
  readonly via: string
  /** Lengths of the messages, in bytes. */
  readonly sizes?: readonly number[]
  /** It makes long keys: minutes on a smart card. */
  readonly slow?: true
}

/** Raised when a check is added or means something else: profiles of an older edition are made anew. */
export const CHECKS_EDITION = 1

/** Around the block length and a data key's length, and the longest message of AWS KMS's Encrypt. */
const MESSAGES = [1, 15, 16, 17, 31, 32, 33, 48, 100, 1000, 4096] as const
const BLOCKS = [16, 32, 48, 112, 1008, 4096] as const

export const checks = {
  'generate-aes-256': {
    group: 'keys', name: 'AES-256, sealed', via: 'CKM_AES_KEY_GEN', mechanism: 0x1080,
    proves: 'A key that is asked to be sensitive and not extractable, with stated usage, reads back so.',
  },
  'generate-hmac-256': {
    group: 'keys', name: 'HMAC key, sealed', via: 'CKM_GENERIC_SECRET_KEY_GEN', mechanism: 0x350,
    proves: 'A key that is asked to be sensitive and not extractable, with stated usage, reads back so.',
  },
  import: {
    group: 'keys', name: 'Import of a secret key', via: 'C_CreateObject',
    proves: 'A secret key from outside can be stored as sensitive and not extractable, and reads back so.',
  },
  origin: {
    group: 'keys', name: 'Origin of made keys', via: 'CKA_LOCAL',
    proves: 'A key that was made in the token says that it was, and that it was never extractable.',
  },
  random: {
    group: 'keys', name: 'Random', via: 'C_GenerateRandom', sizes: [16, 32, 100, 1000],
    proves: 'As many bytes as asked for, others each time, with as many ones as zeros.',
  },

  'aes-gcm': {
    group: 'encryption', name: 'AES-GCM', via: 'CKM_AES_GCM', mechanism: 0x1087, sizes: MESSAGES,
    proves: 'Every length goes there and back; another AAD, IV, tag or ciphertext, and a cut one, are refused.',
  },
  'aes-cbc': {
    group: 'encryption', name: 'AES-CBC', via: 'CKM_AES_CBC', mechanism: 0x1082, sizes: BLOCKS,
    proves: 'Whole blocks go there and back.',
  },
  'aes-cbc-pad': {
    group: 'encryption', name: 'AES-CBC, padded', via: 'CKM_AES_CBC_PAD', mechanism: 0x1085, sizes: MESSAGES,
    proves: 'Every length goes there and back.',
  },

  'hmac-sha-224': {
    group: 'mac', name: 'HMAC-SHA224', via: 'CKM_SHA224_HMAC', mechanism: 0x256, sizes: MESSAGES,
    proves: 'Equal to HMAC-SHA224 under a known key; stable, and another under another key or message.',
  },
  'hmac-sha-256': {
    group: 'mac', name: 'HMAC-SHA256', via: 'CKM_SHA256_HMAC', mechanism: 0x251, sizes: MESSAGES,
    proves: 'Equal to HMAC-SHA256 under a known key; stable, and another under another key or message.',
  },
  'hmac-sha-384': {
    group: 'mac', name: 'HMAC-SHA384', via: 'CKM_SHA384_HMAC', mechanism: 0x261, sizes: MESSAGES,
    proves: 'Equal to HMAC-SHA384 under a known key; stable, and another under another key or message.',
  },
  'hmac-sha-512': {
    group: 'mac', name: 'HMAC-SHA512', via: 'CKM_SHA512_HMAC', mechanism: 0x271, sizes: MESSAGES,
    proves: 'Equal to HMAC-SHA512 under a known key; stable, and another under another key or message.',
  },
  'aes-cmac': {
    group: 'mac', name: 'AES-CMAC', via: 'CKM_AES_CMAC', mechanism: 0x108a, sizes: MESSAGES,
    proves: 'Equal to AES-CMAC (RFC 4493) under a known key; stable, and another under another key or message.',
  },

  'rsa-2048': {
    group: 'rsa', name: 'RSA 2048', via: 'CKM_RSA_PKCS_KEY_PAIR_GEN', mechanism: 0x0, slow: true,
    proves: 'A pair of this length whose private key is sealed, and a signature that holds outside the token.',
  },
  'rsa-3072': {
    group: 'rsa', name: 'RSA 3072', via: 'CKM_RSA_PKCS_KEY_PAIR_GEN', mechanism: 0x0, slow: true,
    proves: 'A pair of this length whose private key is sealed, and a signature that holds outside the token.',
  },
  'rsa-4096': {
    group: 'rsa', name: 'RSA 4096', via: 'CKM_RSA_PKCS_KEY_PAIR_GEN', mechanism: 0x0, slow: true,
    proves: 'A pair of this length whose private key is sealed, and a signature that holds outside the token.',
  },
  'rsa-pkcs1': {
    group: 'rsa', name: 'RSA PKCS #1 v1.5', via: 'CKM_RSA_PKCS', mechanism: 0x1, slow: true,
    proves: 'Signatures over SHA-256, SHA-384 and SHA-512 digests hold outside the token.',
  },
  'rsa-pss-sha-256': {
    group: 'rsa', name: 'RSA-PSS SHA-256', via: 'CKM_RSA_PKCS_PSS', mechanism: 0xd, slow: true,
    proves: 'Signatures over a digest, with a salt of its length, hold outside the token.',
  },
  'rsa-pss-sha-384': {
    group: 'rsa', name: 'RSA-PSS SHA-384', via: 'CKM_RSA_PKCS_PSS', mechanism: 0xd, slow: true,
    proves: 'Signatures over a digest, with a salt of its length, hold outside the token.',
  },
  'rsa-pss-sha-512': {
    group: 'rsa', name: 'RSA-PSS SHA-512', via: 'CKM_RSA_PKCS_PSS', mechanism: 0xd, slow: true,
    proves: 'Signatures over a digest, with a salt of its length, hold outside the token.',
  },
  'rsa-oaep-sha-1': {
    group: 'rsa', name: 'RSA-OAEP SHA-1', via: 'CKM_RSA_PKCS_OAEP', mechanism: 0x9, sizes: [1, 15, 16, 17, 31, 32, 33, 48, 100, 214], slow: true,
    proves: 'What was encrypted outside the token is decrypted in it, up to the longest message; a changed ciphertext is refused.',
  },
  'rsa-oaep-sha-256': {
    group: 'rsa', name: 'RSA-OAEP SHA-256', via: 'CKM_RSA_PKCS_OAEP', mechanism: 0x9, sizes: [1, 15, 16, 17, 31, 32, 33, 48, 100, 190], slow: true,
    proves: 'What was encrypted outside the token is decrypted in it, up to the longest message; a changed ciphertext is refused.',
  },

  'ecdsa-p256': {
    group: 'curves', name: 'ECDSA P-256', via: 'CKM_ECDSA', mechanism: 0x1041,
    proves: 'A pair whose private key is sealed; signatures over digests hold outside the token.',
  },
  'ecdsa-p384': {
    group: 'curves', name: 'ECDSA P-384', via: 'CKM_ECDSA', mechanism: 0x1041,
    proves: 'A pair whose private key is sealed; signatures over digests hold outside the token.',
  },
  'ecdsa-p521': {
    group: 'curves', name: 'ECDSA P-521', via: 'CKM_ECDSA', mechanism: 0x1041,
    proves: 'A pair whose private key is sealed; signatures over digests hold outside the token.',
  },
  'ecdsa-secp256k1': {
    group: 'curves', name: 'ECDSA secp256k1', via: 'CKM_ECDSA', mechanism: 0x1041,
    proves: 'A pair whose private key is sealed; signatures over digests hold outside the token.',
  },
  ed25519: {
    group: 'curves', name: 'Ed25519', via: 'CKM_EDDSA', mechanism: 0x1057, sizes: MESSAGES,
    proves: 'A pair whose private key is sealed; signatures over messages hold outside the token.',
  },
  'ecdh-p256': {
    group: 'curves', name: 'ECDH P-256', via: 'CKM_ECDH1_DERIVE', mechanism: 0x1050,
    proves: 'The shared secret is the one that the other side computes outside the token.',
  },
  'ecdh-p384': {
    group: 'curves', name: 'ECDH P-384', via: 'CKM_ECDH1_DERIVE', mechanism: 0x1050,
    proves: 'The shared secret is the one that the other side computes outside the token.',
  },
  'ecdh-p521': {
    group: 'curves', name: 'ECDH P-521', via: 'CKM_ECDH1_DERIVE', mechanism: 0x1050,
    proves: 'The shared secret is the one that the other side computes outside the token.',
  },

  'wrap-aes-kw': {
    group: 'wrapping', name: 'AES key wrap', via: 'CKM_AES_KEY_WRAP', mechanism: 0x2109,
    proves: 'A wrapped key comes back as the same key; a changed one does not come back.',
  },
  'wrap-aes-pad': {
    group: 'wrapping', name: 'AES key wrap, padded', via: 'CKM_AES_KEY_WRAP_PAD', mechanism: 0x210a,
    proves: 'A wrapped key comes back as the same key; a changed one does not come back.',
  },
  'wrap-aes-kwp': {
    group: 'wrapping', name: 'AES key wrap, KWP', via: 'CKM_AES_KEY_WRAP_KWP', mechanism: 0x210b,
    proves: 'A wrapped key comes back as the same key; a changed one does not come back.',
  },
  'wrap-cbc-pad': {
    group: 'wrapping', name: 'AES-CBC wrap', via: 'CKM_AES_CBC_PAD', mechanism: 0x1085,
    proves: 'A wrapped key comes back as the same key. Nothing here tells a changed one.',
  },
  'unwrap-oaep-sha-1': {
    group: 'wrapping', name: 'OAEP SHA-1 unwrap', via: 'CKM_RSA_PKCS_OAEP', mechanism: 0x9, slow: true,
    proves: 'A key that was encrypted outside the token arrives in it as the same key.',
  },
  'unwrap-oaep-sha-256': {
    group: 'wrapping', name: 'OAEP SHA-256 unwrap', via: 'CKM_RSA_PKCS_OAEP', mechanism: 0x9, slow: true,
    proves: 'A key that was encrypted outside the token arrives in it as the same key.',
  },

  'read-secret': {
    group: 'enforcement', name: 'Reading a sealed key is refused', via: 'CKA_VALUE',
    proves: 'The value of a sensitive secret key cannot be read.',
  },
  'read-private': {
    group: 'enforcement', name: 'Reading a private key is refused', via: 'CKA_VALUE', slow: true,
    proves: 'The private part of a sealed pair cannot be read.',
  },
  'wrap-sealed': {
    group: 'enforcement', name: 'Wrapping a sealed key is refused', via: 'C_WrapKey', slow: true,
    proves: 'No mechanism that the token lists wraps a key that is not extractable. Only CKR_KEY_UNEXTRACTABLE counts as a refusal.',
  },
  'copy-sealed': {
    group: 'enforcement', name: 'Copy as extractable is refused', via: 'C_CopyObject',
    proves: 'A copy of a sealed key cannot be made extractable or readable.',
  },
  'unseal-sealed': {
    group: 'enforcement', name: 'Unsealing a key is refused', via: 'C_SetAttributeValue',
    proves: 'A sealed key cannot be made extractable or readable afterwards.',
  },
  'unwrap-sealed': {
    group: 'enforcement', name: 'Unwrap template is honoured', via: 'C_UnwrapKey', slow: true,
    proves: 'A key that is unwrapped as sealed reads back as sealed.',
  },
  'import-history': {
    group: 'enforcement', name: 'Imported keys say so', via: 'CKA_NEVER_EXTRACTABLE',
    proves: 'A key from outside does not claim that it was never outside.',
  },
} as const satisfies Record<string, Check>

export type CheckId = keyof typeof checks

/** All of them, in the order in which they are tried. */
export const checkIds = Object.keys(checks) as readonly CheckId[]

/** The few that decide how a token seals: tried before a vault is made on it. */
export const sealingChecks = ['generate-aes-256', 'aes-gcm', 'generate-hmac-256', 'hmac-sha-256'] as const satisfies readonly CheckId[]

/** The row of a check, with every optional member in its type. */
export function checkOf(id: CheckId): Check {
  return checks[id]
}

export function isCheckId(text: string): text is CheckId {
  return Object.hasOwn(checks, text)
}
