import type { Crypto } from '../ports/crypto.ts'
import { concat, prefixed, utf8 } from '../vocabulary/bytes.ts'
import { BLOB_VERSION, keyIdBytes, materialIdBytes, type BlobV1 } from './blob-v1.ts'

/** What is sealed; bound into the digest and never written into the blob. */
export type SealingPurpose = 'customer' | 'private-key' | 'service-key'

const DOMAIN = utf8('holdfast/seal/v1')
const RUNG_2_LABEL = utf8('holdfast/seal/v1/rung-2')

/** The 32-byte digest D that both rungs authenticate. `context` is serialised already. Source: docs/spec/ciphertext-blob-v1.md. */
export function sealingDigest(
  crypto: Crypto,
  header: Pick<BlobV1, 'rung' | 'keyId' | 'materialId' | 'salt'>,
  purpose: SealingPurpose,
  context: Uint8Array,
): Uint8Array {
  return crypto.sha256(
    concat(
      prefixed(DOMAIN),
      prefixed(utf8(purpose)),
      prefixed(Uint8Array.of(BLOB_VERSION)),
      prefixed(Uint8Array.of(header.rung)),
      prefixed(keyIdBytes(header.keyId)),
      prefixed(materialIdBytes(header.materialId)),
      prefixed(header.salt),
      prefixed(context),
    ),
  )
}

/** What the token's HMAC is taken over to give rung 2's message key: always 87 bytes. */
export function rung2KeyInput(salt: Uint8Array, digest: Uint8Array): Uint8Array {
  return concat(RUNG_2_LABEL, salt, digest)
}
