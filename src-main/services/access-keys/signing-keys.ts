import { signingKey } from '#core/sigv4/signature.ts'
import type { SignatureClaim } from '#core/sigv4/claim.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Store } from '#core/ports/store.ts'
import { unreachable } from '#core/vocabulary/failures.ts'
import type { AccessKeyId } from '#core/vocabulary/ids.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import type { Signer } from '../sessions.ts'

/** More scopes than callers of one machine use in a day; the oldest make way. */
const MOST_KEYS = 256

/**
 * Derived signing keys with their signers, so that an access key is looked up and its secret read once for each day, Region and service.
 * Whoever changes an access key makes it forgotten here, in the same transaction.
 */
export interface SigningKeys {
  /**
   * The signer of a claim, once `verify` has not thrown at the key that is lent to it. What is not kept yet is looked up with `find`, and
   * kept only after it has verified something, so that strangers fill nothing.
   */
  use(claim: SignatureClaim, find: () => Signer, verify: (key: Uint8Array) => void): Signer
  /** Wipes what was derived from one access key. */
  forget(id: AccessKeyId): void
  forgetAll(): void
}

export function createSigningKeys(crypto: Crypto, store: Store): SigningKeys {
  const kept = new Map<string, { readonly signer: Signer; readonly key: Secret }>()

  function drop(name: string): void {
    kept.get(name)?.key.wipe()
    kept.delete(name)
  }

  return {
    use({ accessKeyId, scope }, find, verify) {
      const name = `${accessKeyId}/${scope.date}/${scope.region}/${scope.service}`
      const found = kept.get(name)
      if (found !== undefined) {
        verify(found.key.bytes)
        return found.signer
      }
      const signer = find()
      using secret = Secret.own(store.read((tables) => tables.accessKeys.secret(signer.accessKeyId)) ?? unreachable('an access key without its secret'))
      const key = Secret.own(signingKey(crypto, secret, scope))
      try {
        verify(key.bytes)
      } catch (error) {
        key.wipe()
        throw error
      }
      kept.set(name, { signer, key })
      // A Map keeps the order in which its entries came.
      const [oldest] = kept.keys()
      if (kept.size > MOST_KEYS && oldest !== undefined) drop(oldest)
      return signer
    },
    forget(id) {
      for (const [name, { signer }] of kept) if (signer.accessKeyId === id) drop(name)
    },
    forgetAll() {
      for (const name of kept.keys()) drop(name)
    },
  }
}
