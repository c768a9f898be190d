import { encodeKeyslots, parseKeyslots } from '#core/keyslots/file.ts'
import { addGeneration, changeSecret, dropGeneration, generations, type DatabaseKey } from '#core/keyslots/keyslots.ts'
import type { Keyslot, Keyslots, SlotKind } from '#core/keyslots/keyslot.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Home } from '#core/ports/home.ts'
import type { Store } from '#core/ports/store.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import { Secret } from '#core/vocabulary/secret.ts'

/** The keyslot file's slots. Throws VAULT_NOT_INITIALISED, VAULT_DAMAGED, VAULT_TOO_NEW. */
export function readKeyslots(home: Home, crypto: Crypto): Keyslots {
  return parseKeyslots(crypto, home.readKeyslots())
}

/** The only slot of a kind: only the account's root has a passphrase as yet. */
export function slotOfKind(file: Keyslots, kind: SlotKind): Keyslot | undefined {
  return file.slots.find((slot) => slot.kind === kind)
}

/**
 * Opens the database with the keys of a slot, newest first, and finishes a rotation that a crash interrupted: the generation that does
 * not open the database is dropped. Throws VAULT_DAMAGED if none opens it.
 */
export async function openWithKeys(parts: { home: Home; crypto: Crypto }, file: Keyslots, slot: Keyslot, keys: readonly DatabaseKey[]): Promise<Store> {
  for (const { generation, key } of keys) {
    const store = parts.home.openStore(key)
    if (store === undefined) continue
    await adoptSlotKey(store, slot)
    const stale = generations(file).filter((each) => each !== generation)
    if (stale.length > 0) parts.home.replaceKeyslots(encodeKeyslots(parts.crypto, stale.reduce(dropGeneration, file)))
    return store
  }
  throw new VaultError('VAULT_DAMAGED', { file: 'vault.db', reason: 'the database key in the keyslots does not open it' })
}

/**
 * After a crash in the middle of a passphrase change the store may still know the slot's former public key. Whoever sealed the right
 * database key to the new one knew that key, so the new one is trusted.
 */
async function adoptSlotKey(store: Store, slot: Keyslot): Promise<void> {
  const known = store.read((tables) => tables.vault.slotKeys()).find((row) => row.slotId === slot.id)
  if (known === undefined || known.principal !== slot.principal) {
    await store.close()
    throw new VaultError('VAULT_DAMAGED', { file: 'keyslots.json', reason: 'it holds a slot that the vault does not know' })
  }
  const same = known.publicKey.length === slot.publicKey.length && known.publicKey.every((byte, i) => byte === slot.publicKey[i])
  if (!same) await store.write((tables) => { tables.vault.putSlotKey({ slotId: slot.id, principal: slot.principal, publicKey: slot.publicKey }) })
}

/**
 * Gives a slot another secret and the database another key, so that an old copy of the keyslots and the old secret open nothing that is
 * written from now on. Both generations are in the file before the database is re-encrypted; the old one goes after that is durable.
 */
export async function replaceSecret(
  parts: { home: Home; crypto: Crypto; ambient: Ambient },
  store: Store,
  request: { file: Keyslots; slot: Keyslot; secret: Secret; keys: readonly DatabaseKey[] },
): Promise<void> {
  const { home, crypto, ambient } = parts
  const { slot, secret } = request
  const [current] = request.keys
  if (current === undefined || request.keys.length !== 1) unreachable('a passphrase change within a rotation')
  using next = Secret.own(ambient.random(32))
  const trusted = store.read((tables) => tables.vault.slotKeys())
  const withNext = addGeneration(crypto, request.file, next, trusted)
  const keys = [{ generation: current.generation + 1, key: next }, current]
  const changed = await changeSecret(crypto, ambient, withNext, { slotId: slot.id, secret, keys })
  home.replaceKeyslots(encodeKeyslots(crypto, changed))
  await store.rekey(next)
  const renewed = changed.slots.find((each) => each.id === slot.id) ?? unreachable('the changed slot is gone')
  await store.write((tables) => { tables.vault.putSlotKey({ slotId: slot.id, principal: slot.principal, publicKey: renewed.publicKey }) })
  home.replaceKeyslots(encodeKeyslots(crypto, dropGeneration(changed, current.generation)))
}
