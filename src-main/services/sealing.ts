import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { MemberSession } from '#core/ports/hsm.ts'
import type { MaterialRow } from '#core/ports/store.ts'
import { encodeBlob, IV_LENGTH, keyIdBytes, SALT_LENGTH, type BlobV1 } from '#core/sealing/blob-v1.ts'
import { rung2KeyInput, sealingDigest, type SealingPurpose } from '#core/sealing/digest.ts'
import { compareBytes } from '#core/vocabulary/bytes.ts'
import { unreachable } from '#core/vocabulary/failures.ts'
import type { MemberId } from '#core/vocabulary/ids.ts'
import type { SealingRung } from '#core/vocabulary/kms.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import type { EncryptionCount } from './encryption-count.ts'

/** Seals and opens under a key's material, on the rung that the material was made for. Format: docs/spec/ciphertext-blob-v1.md. */
export interface Sealing {
  /** The blob. `context` is serialised already. Throws LimitExceededException and the member's failures. */
  seal(request: SealRequest & { plaintext: Uint8Array }): Promise<Uint8Array>
  /** As `seal`, under material that is not stored yet and never seals anything else: nothing is counted. */
  sealOnly(request: SealRequest & { plaintext: Uint8Array }): Promise<Uint8Array>
  /** A blob over random bytes of the token, and those bytes. The caller wipes `plaintext`. */
  sealRandom(request: SealRequest & { length: number }): Promise<{ blob: Uint8Array; plaintext: Secret }>
  /** Undefined if the blob is not authentic under this material, purpose and context. The caller wipes the result. */
  open(request: SealRequest & { blob: BlobV1 }): Promise<Secret | undefined>
}

export interface SealRequest {
  readonly material: MaterialRow
  readonly purpose: SealingPurpose
  readonly context: Uint8Array
}

export function createSealing(parts: { crypto: Crypto; ambient: Ambient; count: EncryptionCount; session: (member: MemberId) => MemberSession }): Sealing {
  const { crypto, ambient, count } = parts

  function header({ keyId, id, ...material }: MaterialRow): Pick<BlobV1, 'rung' | 'keyId' | 'materialId' | 'salt'> {
    const rung = rungOf(material)
    return { rung, keyId, materialId: id, salt: ambient.random(SALT_LENGTH[rung]) }
  }

  /** What each rung does with a digest; the token's part is one call. */
  const rungs: Record<SealingRung, Rung> = {
    1: {
      seal(session, material, { digest, plaintext }) {
        return session.encrypt({ ckaId: material.ckaId, iv: ambient.random(IV_LENGTH), aad: digest, plaintext })
      },
      async sealRandom(session, material, { digest, length }) {
        const made = await session.encryptRandom({ ckaId: material.ckaId, iv: ambient.random(IV_LENGTH), aad: digest, length })
        return { iv: made.iv, sealed: made.sealed, plaintext: Secret.own(made.plaintext) }
      },
      async open(session, material, { digest, blob }) {
        const opened = await session.decrypt({ ckaId: material.ckaId, iv: blob.iv, aad: digest, sealed: blob.sealed })
        return opened && Secret.own(opened)
      },
    },
    2: {
      async seal(session, material, { digest, salt, plaintext }) {
        using key = await messageKey(session, material, salt, digest)
        return hostSeal(key, digest, plaintext)
      },
      async sealRandom(session, material, { digest, salt, length }) {
        // Both calls leave in one batch to the host.
        const [key, random] = await Promise.all([messageKey(session, material, salt, digest), session.random(length)])
        using messageKeyOnce = key
        const plaintext = Secret.own(random)
        return { ...hostSeal(messageKeyOnce, digest, plaintext.bytes), plaintext }
      },
      async open(session, material, { digest, blob }) {
        using key = await messageKey(session, material, blob.salt, digest)
        const opened = crypto.aesGcmOpen(key.bytes, blob.iv, blob.sealed, digest)
        return opened && Secret.own(opened)
      },
    },
  }

  async function messageKey(session: MemberSession, material: MaterialRow, salt: Uint8Array, digest: Uint8Array): Promise<Secret> {
    return Secret.own(await session.mac({ ckaId: material.ckaId, data: rung2KeyInput(salt, digest) }))
  }

  function hostSeal(key: Secret, digest: Uint8Array, plaintext: Uint8Array): { iv: Uint8Array; sealed: Uint8Array } {
    const iv = ambient.random(IV_LENGTH)
    return { iv, sealed: crypto.aesGcmSeal(key.bytes, iv, plaintext, digest) }
  }

  /** Rung 2 has a key per message and no count. */
  async function counted(material: MaterialRow): Promise<void> {
    if (material.rung === 1) await count.take(material.id)
  }

  async function sealOnly({ material, purpose, context, plaintext }: SealRequest & { plaintext: Uint8Array }): Promise<Uint8Array> {
    const head = header(material)
    const digest = sealingDigest(crypto, head, purpose, context)
    const made = await rungs[head.rung].seal(parts.session(material.memberId), material, { digest, salt: head.salt, plaintext })
    return encodeBlob({ ...head, ...made })
  }

  return {
    async seal(request) {
      await counted(request.material)
      return sealOnly(request)
    },

    sealOnly,

    async sealRandom({ material, purpose, context, length }) {
      await counted(material)
      const head = header(material)
      const digest = sealingDigest(crypto, head, purpose, context)
      const { plaintext, ...made } = await rungs[head.rung].sealRandom(parts.session(material.memberId), material, { digest, salt: head.salt, length })
      return { blob: encodeBlob({ ...head, ...made }), plaintext }
    },

    async open({ material, purpose, context, blob }) {
      // A blob of another rung or key than its material's is a forgery, whatever its tag would say.
      if (blob.rung !== material.rung || compareBytes(keyIdBytes(blob.keyId), keyIdBytes(material.keyId)) !== 0 || blob.materialId !== material.id) return undefined
      const digest = sealingDigest(crypto, blob, purpose, context)
      return rungs[blob.rung].open(parts.session(material.memberId), material, { digest, blob })
    },
  }
}

function rungOf({ rung }: Pick<MaterialRow, 'rung'>): SealingRung {
  return rung ?? unreachable('sealing under material that seals nothing')
}

interface Rung {
  seal(session: MemberSession, material: MaterialRow, part: { digest: Uint8Array; salt: Uint8Array; plaintext: Uint8Array }): Promise<Sealed>
  sealRandom(
    session: MemberSession,
    material: MaterialRow,
    part: { digest: Uint8Array; salt: Uint8Array; length: number },
  ): Promise<Sealed & { plaintext: Secret }>
  open(session: MemberSession, material: MaterialRow, part: { digest: Uint8Array; blob: BlobV1 }): Promise<Secret | undefined>
}

interface Sealed {
  readonly iv: Uint8Array
  readonly sealed: Uint8Array
}
