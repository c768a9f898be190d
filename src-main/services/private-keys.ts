import { holdingOf, type PostQuantum } from '#core/keys/specs.ts'
import { digestInfo, type Signable } from '#core/keys/signing.ts'
import { ecdsaSignature } from '#core/keys/public-keys.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { HmacKind, MemberSession } from '#core/ports/hsm.ts'
import type { MlDsa, MlKem } from '#core/ports/public-key-crypto.ts'
import type { KeyRow, MaterialRow } from '#core/ports/store.ts'
import { parseBlob } from '#core/sealing/blob-v1.ts'
import { serialiseContext } from '#core/sealing/context.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { MemberId } from '#core/vocabulary/ids.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { publicKeyOf, verifies } from './kms/verifying.ts'
import type { Sealing } from './sealing.ts'

/** Uses HMAC keys and private keys: in the token that holds them, or, of a `SEALED` key, in memory for one call. Throws the member's failures. */
export interface PrivateKeys {
  /** AWS KMS's form: ECDSA in DER, everything else as it is. */
  sign(held: HeldKey, message: Signable): Promise<Uint8Array>
  mac(held: HeldKey, message: Uint8Array): Promise<Uint8Array>
  /** Undefined if the ciphertext is none under this key. The caller wipes the result. */
  decrypt(held: HeldKey, algorithm: 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256', ciphertext: Uint8Array): Promise<Secret | undefined>
  /** ECDH with a point that is on the curve. The caller wipes the result. */
  agree(held: HeldKey, point: Uint8Array): Promise<Secret>
  /** The ciphertext has the length of the key's algorithm. The caller wipes the result. */
  decapsulate(held: HeldKey, ciphertext: Uint8Array): Promise<Secret>
  /** A new pair whose private key is sealed under material that was made for nothing else and is not stored yet. */
  sealNew(material: MaterialRow, algorithm: PostQuantum): Promise<{ publicKey: Uint8Array; sealedKey: Uint8Array }>
}

export interface HeldKey {
  readonly key: KeyRow
  readonly material: MaterialRow
}

export function createPrivateKeys(parts: { crypto: Crypto; sealing: Sealing; session: (member: MemberId) => MemberSession }): PrivateKeys {
  const { crypto, sealing } = parts
  const token = ({ material }: HeldKey): MemberSession => parts.session(material.memberId)

  /** The seed of a sealed private key. The caller wipes it. */
  async function opened({ key, material }: HeldKey): Promise<Secret> {
    const blob = parseBlob(material.sealedKey ?? unreachable('a sealed key without its private key'))
    const seed = await sealing.open({ material, purpose: 'private-key', context: sealedContext(algorithmOf(key)), blob })
    if (seed === undefined) throw new VaultError('NOT_AUTHENTIC', { what: 'The sealed private key of this key' })
    return seed
  }

  /** One RSA signature that went wrong in a token that uses the CRT gives the key away (Boneh, DeMillo, Lipton 1997): none leaves. */
  function requireRight({ key, material }: HeldKey, message: Signable, signature: Uint8Array): void {
    if (verifies(crypto, key.spec, publicKeyOf(material), message, signature)) return
    throw new VaultError('HSM_UNAVAILABLE', { member: material.memberId, reason: 'it gave a signature that does not hold' })
  }

  return {
    async sign(held, message) {
      const { ckaId } = held.material
      if (message.over === 'digest') {
        const { scheme, hash, digest } = message
        const data = scheme === 'rsa-pkcs1' ? digestInfo(hash, digest) : digest
        const signature = await token(held).sign({ ckaId, scheme, data })
        if (scheme === 'ecdsa') return ecdsaSignature(signature)
        requireRight(held, message, signature)
        return signature
      }
      if (message.scheme === 'eddsa') return token(held).sign({ ckaId, scheme: 'eddsa', data: message.message })
      using seed = await opened(held)
      return crypto.publicKeys.mlDsaSign(algorithmOf(held.key) as MlDsa, seed.bytes, message.message, message.over)
    },

    mac: (held, data) => token(held).mac({ ckaId: held.material.ckaId, data, kind: held.material.kind as HmacKind }),

    async decrypt(held, algorithm, ciphertext) {
      const scheme = algorithm === 'RSAES_OAEP_SHA_1' ? 'oaep-sha-1' : 'oaep-sha-256'
      const plaintext = await token(held).rsaDecrypt({ ckaId: held.material.ckaId, scheme, ciphertext })
      return plaintext && Secret.own(plaintext)
    },

    async agree(held, point) {
      return Secret.own(await token(held).derive({ ckaId: held.material.ckaId, point }))
    },

    async decapsulate(held, ciphertext) {
      using seed = await opened(held)
      return Secret.own(crypto.publicKeys.mlKemDecapsulate(algorithmOf(held.key) as MlKem, seed.bytes, ciphertext))
    },

    async sealNew(material, algorithm) {
      const made = crypto.publicKeys.generateSeed(algorithm)
      using seed = made.seed
      const sealedKey = await sealing.sealOnly({ material, purpose: 'private-key', context: sealedContext(algorithm), plaintext: seed.bytes })
      return { publicKey: made.publicKey, sealedKey }
    },
  }
}

function algorithmOf(key: KeyRow): PostQuantum {
  const holding = holdingOf(key)
  return holding.how === 'sealed' ? holding.algorithm : unreachable('a key of the token used as a sealed one')
}

/** Bound into the sealing: a seed is never opened as that of another algorithm. */
function sealedContext(algorithm: PostQuantum): Uint8Array {
  return serialiseContext({ algorithm })
}
