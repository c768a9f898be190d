import { signingKey, type CredentialScope } from '#core/sigv4/signature.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Store } from '#core/ports/store.ts'
import { unreachable } from '#core/vocabulary/failures.ts'
import type { AccessKeyId } from '#core/vocabulary/ids.ts'
import { Secret } from '#core/vocabulary/secret.ts'

/** More scopes than callers of one machine use in a day; the oldest make way. */
const MOST_KEYS = 256

/** Derived signing keys, so that the secret is read once for each day, Region and service, and is in memory only meanwhile. */
export interface SigningKeys {
  /** Lends the key of a scope to `verify`; it is kept for the next request only if that does not throw, so that strangers fill nothing. */
  use(id: AccessKeyId, scope: CredentialScope, verify: (key: Uint8Array) => void): void
  /** Wipes what was derived from one access key. */
  forget(id: AccessKeyId): void
  forgetAll(): void
}

export function createSigningKeys(crypto: Crypto, store: Store): SigningKeys {
  const kept = new Map<string, { readonly id: AccessKeyId; readonly key: Secret }>()

  function drop(name: string): void {
    kept.get(name)?.key.wipe()
    kept.delete(name)
  }

  return {
    use(id, scope, verify) {
      const name = `${id}/${scope.date}/${scope.region}/${scope.service}`
      const found = kept.get(name)
      if (found !== undefined) {
        verify(found.key.bytes)
        return
      }
      using secret = Secret.own(store.read((tables) => tables.accessKeys.secret(id)) ?? unreachable('an access key without its secret'))
      const key = Secret.own(signingKey(crypto, secret, scope))
      try {
        verify(key.bytes)
      } catch (error) {
        key.wipe()
        throw error
      }
      kept.set(name, { id, key })
      // A Map keeps the order in which its entries came.
      const [oldest] = kept.keys()
      if (kept.size > MOST_KEYS && oldest !== undefined) drop(oldest)
    },
    forget(id) {
      for (const [name, each] of kept) if (each.id === id) drop(name)
    },
    forgetAll() {
      for (const name of kept.keys()) drop(name)
    },
  }
}
