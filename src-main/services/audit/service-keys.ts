import { ecdsaSignature } from '#core/keys/public-keys.ts'
import { digestInfo } from '#core/keys/signing.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { MemberSession, PairKind } from '#core/ports/hsm.ts'
import type { MemberRow, ServiceKeyPurpose, ServiceKeyRow, Store, VaultRow } from '#core/ports/store.ts'
import type { CheckId } from '#core/tokens/checks.ts'
import { toHex, utf8 } from '#core/vocabulary/bytes.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { KeyId, MemberId } from '#core/vocabulary/ids.ts'
import { appendRecord, vaultEvent } from '../audit.ts'
import type { Journal, NewMaterial } from '../journal.ts'

/** Keys in the HSM that the vault itself signs with, each for one purpose and nothing else. They are nobody's CMK. */
export interface ServiceKeys {
  /** The key of a purpose, made through the journal at first need. Throws the member's failures, SERVICE_KEY_UNSUPPORTED. */
  ensure(purpose: ServiceKeyPurpose): Promise<ServiceKeyRow>
  /** Signs a message; the signature is verified before it leaves. ECDSA in DER. Throws the member's failures. */
  sign(key: ServiceKeyRow, message: Uint8Array): Promise<Uint8Array>
}

/** What each purpose may be signed with, the best first, and what a token must pass for it. */
const choices = {
  'audit-checkpoint': [
    { kind: 'ed25519-sign', needs: ['ed25519'] },
    { kind: 'p256-sign', needs: ['ecdsa-p256'] },
    { kind: 'rsa-2048-sign', needs: ['rsa-2048', 'rsa-pss-sha-256'] },
  ],
  // CloudTrail's digests know RSA PKCS #1 v1.5 only.
  'audit-digest': [{ kind: 'rsa-2048-sign', needs: ['rsa-2048', 'rsa-pkcs1'] }],
} as const satisfies Record<ServiceKeyPurpose, readonly { kind: PairKind; needs: readonly CheckId[] }[]>

export function createServiceKeys(parts: {
  ambient: Ambient
  crypto: Crypto
  store: Store
  journal: Journal
  row: VaultRow
  session: (member: MemberId) => MemberSession
}): ServiceKeys {
  const { ambient, crypto, store, journal } = parts
  let turn: Promise<unknown> = Promise.resolve()

  async function make(purpose: ServiceKeyPurpose): Promise<ServiceKeyRow> {
    const member = store.read((tables) => tables.members.list())[0] ?? unreachable('a vault without an HSM')
    const results = store.read((tables) => tables.profiles.latest(member.serial))?.results
    for (const { kind, needs } of choices[purpose]) {
      const [first] = needs
      if (!needs.every((id) => (results?.[id]?.outcome ?? 'works') === 'works')) continue
      const made = await unlessUnsupported(() => journal.createMaterial(ambient.uuid() as KeyId, member, 'CREATE', { how: 'token', kind, needs: first }))
      if (made === undefined) continue
      let kept = false
      try {
        const key = rowOf(purpose, made)
        if (key === undefined || !(await signsRightly(key))) continue
        await settle(key, made)
        kept = true
        return key
      } finally {
        if (!kept) await made.abandon()
      }
    }
    throw unsupported(member, purpose)
  }

  async function settle(key: ServiceKeyRow, made: NewMaterial): Promise<void> {
    await store.write((tables) => {
      tables.serviceKeys.insert(key)
      made.clear(tables)
      const who = { principal: undefined, connection: { source: 'holdfast', agent: 'holdfast' }, scope: parts.row, requestId: ambient.uuid() }
      const { id, purpose, kind, materialId, publicKey } = key
      appendRecord(ambient, tables, vaultEvent('CreateServiceKey', who, { keyId: id, purpose, kind, keyMaterialId: materialId, publicKeySha256: toHex(crypto.sha256(publicKey)) }))
    })
  }

  async function raw({ purpose, kind, memberId, ckaId }: ServiceKeyRow, message: Uint8Array): Promise<Uint8Array> {
    const session = parts.session(memberId)
    const digest = crypto.sha256(message)
    if (purpose === 'audit-digest') return session.sign({ ckaId, scheme: 'rsa-pkcs1', data: digestInfo('sha256', digest) })
    if (kind === 'ed25519-sign') return session.sign({ ckaId, scheme: 'eddsa', data: message })
    if (kind === 'p256-sign') return ecdsaSignature(await session.sign({ ckaId, scheme: 'ecdsa', data: digest }))
    return session.sign({ ckaId, scheme: 'rsa-pss-sha-256', data: digest })
  }

  function holds({ purpose, kind, publicKey }: ServiceKeyRow, message: Uint8Array, signature: Uint8Array): boolean {
    const { publicKeys } = crypto
    if (kind === 'ed25519-sign') return publicKeys.ed25519Verify(publicKey, message, signature)
    if (kind === 'p256-sign') return publicKeys.ecdsaVerify('p256', publicKey, crypto.sha256(message), signature)
    return publicKeys.rsaVerify(purpose === 'audit-digest' ? 'pkcs1' : 'pss', 'sha256', publicKey, crypto.sha256(message), signature)
  }

  /** Some tokens have a mechanism and do another one: a key whose signatures do not hold is none. */
  async function signsRightly(key: ServiceKeyRow): Promise<boolean> {
    const message = utf8('holdfast/service-key/v1')
    try {
      return holds(key, message, await raw(key, message))
    } catch (error) {
      if (error instanceof VaultError && error.code === 'KIND_UNSUPPORTED') return false
      throw error
    }
  }

  return {
    ensure(purpose) {
      // One after the other: two that ask together must not make two keys.
      const found = turn.then(() => store.read((tables) => tables.serviceKeys.current(purpose)) ?? make(purpose))
      turn = found.catch(() => undefined)
      return found
    },
    async sign(key, message) {
      const signature = await raw(key, message)
      if (!holds(key, message, signature)) throw new VaultError('HSM_UNAVAILABLE', { member: key.memberId, reason: 'it gave a signature that does not hold' })
      return signature
    },
  }
}

function rowOf(purpose: ServiceKeyPurpose, { material }: NewMaterial): ServiceKeyRow | undefined {
  const { keyId: id, id: materialId, memberId, ckaId, kind, publicKey, createdAt } = material
  return publicKey && { id, purpose, materialId, memberId, ckaId, kind, publicKey, createdAt }
}

async function unlessUnsupported<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof VaultError && error.code === 'KIND_UNSUPPORTED') return undefined
    throw error
  }
}

function unsupported(member: MemberRow, purpose: ServiceKeyPurpose): VaultError {
  return new VaultError('SERVICE_KEY_UNSUPPORTED', { member: member.name, purpose })
}
