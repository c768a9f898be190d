import type { Ambient } from '../ports/ambient.ts'
import type { Argon2Parameters, Crypto } from '../ports/crypto.ts'
import type { SlotKeyRow } from '../ports/store.ts'
import type { VaultId } from '../vocabulary/ids.ts'
import { unreachable } from '../vocabulary/failures.ts'
import { Secret } from '../vocabulary/secret.ts'
import type { Keyslot, Keyslots, SlotKind } from './keyslot.ts'
import { areArgon2ParametersSane, DEFAULT_ARGON2, MAX_GENERATION } from './limits.ts'
import { damaged, openDatabaseKey, openPrivateKey, sealDatabaseKey, sealPrivateKey } from './sealing.ts'

// What can be done with keyslots. The file's bytes are file.ts; every function here gives a new value and changes none.

/** A database key in the clear. Whoever holds it wipes it. */
export interface DatabaseKey {
  readonly generation: number
  /** 32 bytes. */
  readonly key: Secret
}

/** A slot to be made. `secret` stays the caller's: the passphrase's UTF-8, or the 20 bytes of a recovery code. */
export interface NewSlot {
  readonly principal: string
  readonly kind: SlotKind
  readonly secret: Secret
  /** DEFAULT_ARGON2 if left out. */
  readonly argon2?: Argon2Parameters
}

/**
 * The keyslots of a new vault, holding its first database key (32 bytes, the caller's). Runs Argon2id once per slot.
 * Throws MALFORMED for a passphrase that is none.
 */
export async function createKeyslots(
  crypto: Crypto,
  ambient: Ambient,
  request: { vaultId: VaultId; databaseKey: Secret; slots: readonly NewSlot[] },
): Promise<Keyslots> {
  const slots: Keyslot[] = []
  const keys = [{ generation: 1, key: request.databaseKey }]
  for (const wanted of request.slots) slots.push(await makeSlot(crypto, ambient, request.vaultId, ambient.uuid(), wanted, keys))
  return { vaultId: request.vaultId, slots }
}

/** The slot of a principal; undefined if there is none of this kind. */
export function findSlot(file: Keyslots, principal: string, kind: SlotKind): Keyslot | undefined {
  return file.slots.find((slot) => slot.principal === principal && slot.kind === kind)
}

/**
 * The database keys that a secret opens, newest first: the first one that opens the database is the right one.
 * Undefined if the secret is not this slot's. Runs Argon2id once. The caller wipes all keys.
 * Throws MALFORMED for a passphrase that is none, VAULT_DAMAGED if the secret is right and a key behind it does not open.
 */
export async function openSlot(crypto: Crypto, file: Keyslots, slot: Keyslot, secret: Secret): Promise<DatabaseKey[] | undefined> {
  using privateKey = await openPrivateKey(crypto, file.vaultId, slot, secret)
  if (!privateKey) return undefined
  const keys: DatabaseKey[] = []
  try {
    for (const sealed of slot.databaseKeys) {
      keys.push({ generation: sealed.generation, key: openDatabaseKey(crypto, file.vaultId, slot, sealed, privateKey) })
    }
    return keys
  } catch (error) {
    for (const { key } of keys) key.wipe()
    throw error
  }
}

/**
 * Gives a slot another secret, with a new salt and a new key pair: an old copy of the file and the old secret open no later database
 * key. `keys` are all generations of the file, in the clear (from `openSlot` of this slot, or of the recovery slot). The slot's new
 * public key belongs into the store too. Throws MALFORMED for a passphrase that is none.
 */
export async function changeSecret(
  crypto: Crypto,
  ambient: Ambient,
  file: Keyslots,
  request: { slotId: string; secret: Secret; keys: readonly DatabaseKey[]; argon2?: Argon2Parameters },
): Promise<Keyslots> {
  const old = file.slots.find((slot) => slot.id === request.slotId) ?? unreachable('a secret for a slot that is not there')
  if (!sameGenerations(old, request.keys)) unreachable('a slot would lose a generation')
  const wanted = { principal: old.principal, kind: old.kind, secret: request.secret, argon2: request.argon2 ?? DEFAULT_ARGON2 }
  const slot = await makeSlot(crypto, ambient, file.vaultId, old.id, wanted, request.keys)
  return { ...file, slots: file.slots.map((each) => (each.id === old.id ? slot : each)) }
}

/**
 * Adds the next generation of the database key (32 bytes, the caller's) to every slot, without anybody's secret. `trusted` are the slots
 * as the store knows them: slots, principals and public keys must be the file's, else VAULT_DAMAGED, so that nobody who can only write
 * the file gets the new key.
 */
export function addGeneration(crypto: Crypto, file: Keyslots, key: Secret, trusted: readonly SlotKeyRow[]): Keyslots {
  const newest = generations(file)[0] ?? 0
  if (generations(file).length !== 1 || newest >= MAX_GENERATION) unreachable('a rotation within a rotation')
  if (!areTrusted(crypto, file, trusted)) throw damaged('its public keys are not those that the vault knows')
  const slots = file.slots.map((slot) => {
    const sealed = sealDatabaseKey(crypto, { vaultId: file.vaultId, slot, generation: newest + 1, key })
    return { ...slot, databaseKeys: [sealed, ...slot.databaseKeys] }
  })
  return { ...file, slots }
}

/** Takes a generation out of every slot: the old one after a durable `rekey`, or the new one if it did not happen. */
export function dropGeneration(file: Keyslots, generation: number): Keyslots {
  const slots = file.slots.map((slot) => ({ ...slot, databaseKeys: slot.databaseKeys.filter((sealed) => sealed.generation !== generation) }))
  if (slots.some((slot) => slot.databaseKeys.length === 0)) unreachable('the last generation would be dropped')
  return { ...file, slots }
}

/** The file's generations, newest first: one, or two while a rotation has not finished. */
export function generations(file: Keyslots): number[] {
  return (file.slots[0]?.databaseKeys ?? []).map((sealed) => sealed.generation)
}

async function makeSlot(
  crypto: Crypto,
  ambient: Ambient,
  vaultId: VaultId,
  id: string,
  wanted: NewSlot,
  keys: readonly DatabaseKey[],
): Promise<Keyslot> {
  const argon2 = wanted.argon2 ?? DEFAULT_ARGON2
  if (!areArgon2ParametersSane(argon2)) unreachable('Argon2id parameters outside the limits')
  const pair = crypto.x25519Generate()
  using privateKey = Secret.own(pair.privateKey)
  const header = { id, principal: wanted.principal, kind: wanted.kind, argon2, salt: ambient.random(16), publicKey: pair.publicKey }
  const slot = { ...header, privateKey: await sealPrivateKey(crypto, ambient, { vaultId, slot: header, secret: wanted.secret, privateKey }) }
  return { ...slot, databaseKeys: keys.map(({ generation, key }) => sealDatabaseKey(crypto, { vaultId, slot, generation, key })) }
}

function sameGenerations(slot: Keyslot, keys: readonly DatabaseKey[]): boolean {
  return slot.databaseKeys.length === keys.length && slot.databaseKeys.every((sealed, i) => sealed.generation === keys[i]?.generation)
}

function areTrusted(crypto: Crypto, file: Keyslots, trusted: readonly SlotKeyRow[]): boolean {
  if (trusted.length !== file.slots.length) return false
  return file.slots.every((slot) => {
    const row = trusted.find((each) => each.slotId === slot.id)
    return row !== undefined && row.principal === slot.principal && crypto.equal(row.publicKey, slot.publicKey)
  })
}
