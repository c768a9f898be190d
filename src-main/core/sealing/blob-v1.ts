import { concat, fromHex, toHex } from '../vocabulary/bytes.ts'
import { VaultError, unreachable } from '../vocabulary/failures.ts'
import type { KeyId, MaterialId } from '../vocabulary/ids.ts'
import type { SealingRung } from '../vocabulary/kms.ts'

/** docs/spec/ciphertext-blob-v1.md, "Layout". Frozen: a change is a v2 beside it. */
export interface BlobV1 {
  readonly rung: SealingRung
  readonly keyId: KeyId
  readonly materialId: MaterialId
  /** 32 bytes for rung 2, empty for rung 1. */
  readonly salt: Uint8Array
  /** 12 bytes. */
  readonly iv: Uint8Array
  /** Ciphertext, then the 16-byte tag. */
  readonly sealed: Uint8Array
}

export const BLOB_VERSION = 1
export const IV_LENGTH = 12
export const TAG_LENGTH = 16
export const SALT_LENGTH = { 1: 0, 2: 32 } as const satisfies Record<SealingRung, number>
const SALT_AT = 50
const LONGEST_PLAINTEXT = 65_535

/** The blob's bytes. Wrong lengths are our own fault, not the caller's. */
export function encodeBlob(blob: BlobV1): Uint8Array<ArrayBuffer> {
  if (blob.salt.length !== SALT_LENGTH[blob.rung] || blob.iv.length !== IV_LENGTH) unreachable('blob part of a wrong length')
  return concat(Uint8Array.of(BLOB_VERSION, blob.rung), keyIdBytes(blob.keyId), materialIdBytes(blob.materialId), blob.salt, blob.iv, blob.sealed)
}

/** Throws MALFORMED. `encodeBlob(parseBlob(b))` equals `b`. The parts are views of the given bytes. */
export function parseBlob(bytes: Uint8Array): BlobV1 {
  const rung = bytes[1]
  if (bytes[0] !== BLOB_VERSION || (rung !== 1 && rung !== 2)) throw malformed()
  const ivAt = SALT_AT + SALT_LENGTH[rung]
  const sealedAt = ivAt + IV_LENGTH
  const plaintextLength = bytes.length - sealedAt - TAG_LENGTH
  if (plaintextLength < 1 || plaintextLength > LONGEST_PLAINTEXT) throw malformed()
  return {
    rung,
    keyId: keyIdText(bytes.subarray(2, 18)),
    materialId: toHex(bytes.subarray(18, 50)) as MaterialId,
    salt: bytes.subarray(SALT_AT, ivAt),
    iv: bytes.subarray(ivAt, sealedAt),
    sealed: bytes.subarray(sealedAt),
  }
}

/** The 16 bytes of a key's UUID, or of a multi-Region key's 32 hex digits: the header does not tell the two apart, and need not. */
export function keyIdBytes(id: KeyId): Uint8Array {
  return fromHex(id.replace(/^mrk-/, '').replaceAll('-', '')) ?? unreachable('key id that is no UUID')
}

/** The 32 bytes of a material id. */
export function materialIdBytes(id: MaterialId): Uint8Array {
  return fromHex(id) ?? unreachable('material id that is no hex')
}

function keyIdText(bytes: Uint8Array): KeyId {
  const hex = toHex(bytes)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-') as KeyId
}

function malformed(): VaultError {
  return new VaultError('MALFORMED', { what: 'a ciphertext blob of Holdfast' })
}
