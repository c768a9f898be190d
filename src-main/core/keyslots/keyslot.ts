import type { Argon2Parameters } from '../ports/crypto.ts'
import type { VaultId } from '../vocabulary/ids.ts'
import { concat, prefixed, u32, utf8 } from '../vocabulary/bytes.ts'

/** The keyslot file's content: who can open the vault's database key. Immutable: every change gives a new value. */
export interface Keyslots {
  readonly vaultId: VaultId
  /** At least one; ids are unique, and so are pairs of principal and kind. All hold the same generations. */
  readonly slots: readonly Keyslot[]
}

/** One way into the vault. */
export interface Keyslot {
  /** A UUID in lower case, random. */
  readonly id: string
  /** The ARN of the principal that opens this slot. */
  readonly principal: string
  readonly kind: SlotKind
  readonly argon2: Argon2Parameters
  /** 16 random bytes, new whenever the slot's secret changes. */
  readonly salt: Uint8Array
  /** X25519, 32 bytes; new whenever the slot's secret changes. */
  readonly publicKey: Uint8Array
  /** Its private key, sealed under the Argon2id key: a random IV of 12 bytes, 32 bytes and the tag. */
  readonly privateKey: { readonly iv: Uint8Array; readonly sealed: Uint8Array }
  /** The database key sealed to the public key, newest generation first: one, or two while the key is being rotated. */
  readonly databaseKeys: readonly SealedDatabaseKey[]
}

/** `passphrase`: a text that a person remembers; `recovery`: the 20 bytes of a printed code. */
export type SlotKind = 'passphrase' | 'recovery'

export interface SealedDatabaseKey {
  /** 1 for the vault's first database key, one more at each rotation. */
  readonly generation: number
  /** The ephemeral X25519 public key, 32 bytes. */
  readonly ephemeralKey: Uint8Array
  /** 32 bytes and the tag. */
  readonly sealed: Uint8Array
}

export type SlotHeader = Omit<Keyslot, 'privateKey' | 'databaseKeys'>

/** What the sealed private key is bound to: every other field of the slot that exists without it, and the vault. */
export function privateKeyAad(vaultId: VaultId, slot: SlotHeader): Uint8Array {
  return concat(prefixed(utf8('holdfast/keyslots/v1/private-key')), headerBytes(vaultId, slot))
}

/** What a sealed database key is bound to: all other fields of the slot, the vault, the generation and the ephemeral key. */
export function databaseKeyAad(vaultId: VaultId, slot: Omit<Keyslot, 'databaseKeys'>, generation: number, ephemeralKey: Uint8Array): Uint8Array {
  return concat(
    prefixed(utf8('holdfast/keyslots/v1/database-key')),
    headerBytes(vaultId, slot),
    prefixed(slot.privateKey.iv),
    prefixed(slot.privateKey.sealed),
    u32(generation),
    prefixed(ephemeralKey),
  )
}

function headerBytes(vaultId: VaultId, slot: SlotHeader): Uint8Array {
  return concat(
    prefixed(utf8(vaultId)),
    prefixed(utf8(slot.id)),
    prefixed(utf8(slot.principal)),
    prefixed(utf8(slot.kind)),
    u32(slot.argon2.memoryKiB),
    u32(slot.argon2.passes),
    u32(slot.argon2.lanes),
    prefixed(slot.salt),
    prefixed(slot.publicKey),
  )
}
