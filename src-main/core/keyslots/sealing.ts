import type { Ambient } from '../ports/ambient.ts'
import type { Crypto } from '../ports/crypto.ts'
import type { VaultId } from '../vocabulary/ids.ts'
import { concat, utf8 } from '../vocabulary/bytes.ts'
import { VaultError } from '../vocabulary/failures.ts'
import { Secret } from '../vocabulary/secret.ts'
import { databaseKeyAad, privateKeyAad, type Keyslot, type SealedDatabaseKey, type SlotHeader } from './keyslot.ts'
import { preparePassphrase } from './passphrase.ts'

// docs/spec/keyslots-v1.md, "Sealing". What is sealed to whom; the file around it is in file.ts.

const DATABASE_KEY_INFO = utf8('holdfast/keyslots/v1/database-key')
const KEY_BYTES = 32
const IV_BYTES = 12

/** Seals a private key under a slot's secret (a passphrase, or the bytes of a recovery code). */
export async function sealPrivateKey(
  crypto: Crypto,
  ambient: Ambient,
  request: { vaultId: VaultId; slot: SlotHeader; secret: Secret; privateKey: Secret },
): Promise<Keyslot['privateKey']> {
  using key = await slotKey(crypto, request.slot, request.secret)
  const iv = ambient.random(IV_BYTES)
  return { iv, sealed: crypto.aesGcmSeal(key.bytes, iv, request.privateKey.bytes, privateKeyAad(request.vaultId, request.slot)) }
}

/** Undefined if the secret is not this slot's. The caller wipes the result. */
export async function openPrivateKey(crypto: Crypto, vaultId: VaultId, slot: Keyslot, secret: Secret): Promise<Secret | undefined> {
  using key = await slotKey(crypto, slot, secret)
  const opened = crypto.aesGcmOpen(key.bytes, slot.privateKey.iv, slot.privateKey.sealed, privateKeyAad(vaultId, slot))
  return opened && Secret.own(opened)
}

/** Seals a database key to a slot's public key. Throws VAULT_DAMAGED if that is no usable public key. */
export function sealDatabaseKey(
  crypto: Crypto,
  request: { vaultId: VaultId; slot: Omit<Keyslot, 'databaseKeys'>; generation: number; key: Secret },
): SealedDatabaseKey {
  const { vaultId, slot, generation } = request
  const ephemeral = crypto.x25519Generate()
  using ephemeralPrivate = Secret.own(ephemeral.privateKey)
  using wrap = agree(crypto, ephemeralPrivate, slot.publicKey, concat(ephemeral.publicKey, slot.publicKey))
  const aad = databaseKeyAad(vaultId, slot, generation, ephemeral.publicKey)
  const sealed = crypto.aesGcmSeal(wrap.bytes.subarray(0, KEY_BYTES), wrap.bytes.subarray(KEY_BYTES), request.key.bytes, aad)
  return { generation, ephemeralKey: ephemeral.publicKey, sealed }
}

/** Opens a database key with a slot's private key. Throws VAULT_DAMAGED: whoever has the private key has the right one. */
export function openDatabaseKey(crypto: Crypto, vaultId: VaultId, slot: Keyslot, sealed: SealedDatabaseKey, privateKey: Secret): Secret {
  using wrap = agree(crypto, privateKey, sealed.ephemeralKey, concat(sealed.ephemeralKey, slot.publicKey))
  const aad = databaseKeyAad(vaultId, slot, sealed.generation, sealed.ephemeralKey)
  const opened = crypto.aesGcmOpen(wrap.bytes.subarray(0, KEY_BYTES), wrap.bytes.subarray(KEY_BYTES), sealed.sealed, aad)
  if (!opened) throw damaged('a sealed database key does not open')
  return Secret.own(opened)
}

/** A failure of the keyslot file. */
export function damaged(reason: string): VaultError {
  return new VaultError('VAULT_DAMAGED', { file: 'keyslots.json', reason })
}

async function slotKey(crypto: Crypto, slot: SlotHeader, secret: Secret): Promise<Secret> {
  using password = slot.kind === 'passphrase' ? preparePassphrase(secret) : Secret.copy(secret.bytes)
  return Secret.own(await crypto.argon2id(password.bytes, slot.salt, slot.argon2))
}

/** Key and IV for one sealed database key: the ephemeral key is used once, and so are both. */
function agree(crypto: Crypto, privateKey: Secret, publicKey: Uint8Array, salt: Uint8Array): Secret {
  const shared = crypto.x25519(privateKey.bytes, publicKey)
  if (!shared) throw damaged('a public key is not usable')
  using input = Secret.own(shared)
  return Secret.own(crypto.hkdfSha256(input.bytes, salt, DATABASE_KEY_INFO, KEY_BYTES + IV_BYTES))
}
