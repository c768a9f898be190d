import pkcs11 from 'pkcs11js'
import type { ObjectAttributes } from '#core/ports/hsm.ts'
import { attribute } from './keys.ts'
import type { FoundKey, OpenToken } from './token.ts'

// What is read of an object for a person who wants to see it as the token does. A list of what may be asked, and not of what may not: CKA_VALUE,
// the private exponent and the primes are not in it, so that a token which would show them is never asked.
// Nor are dates: pkcs11js takes an empty one, which is what most keys have, for a fault.

/** By PKCS#11's names, in the order in which they are shown. */
const common = [
  'CKA_CLASS', 'CKA_KEY_TYPE', 'CKA_LABEL', 'CKA_ID', 'CKA_TOKEN', 'CKA_PRIVATE', 'CKA_MODIFIABLE', 'CKA_COPYABLE', 'CKA_DESTROYABLE',
  'CKA_LOCAL', 'CKA_KEY_GEN_MECHANISM', 'CKA_ALLOWED_MECHANISMS',
] as const
const guarded = ['CKA_SENSITIVE', 'CKA_ALWAYS_SENSITIVE', 'CKA_EXTRACTABLE', 'CKA_NEVER_EXTRACTABLE', 'CKA_WRAP_WITH_TRUSTED'] as const

const shown = {
  secret: [
    ...common, ...guarded, 'CKA_TRUSTED', 'CKA_VALUE_LEN',
    'CKA_ENCRYPT', 'CKA_DECRYPT', 'CKA_SIGN', 'CKA_VERIFY', 'CKA_WRAP', 'CKA_UNWRAP', 'CKA_DERIVE',
  ],
  private: [
    ...common, ...guarded, 'CKA_ALWAYS_AUTHENTICATE',
    'CKA_DECRYPT', 'CKA_SIGN', 'CKA_SIGN_RECOVER', 'CKA_UNWRAP', 'CKA_DERIVE', 'CKA_SUBJECT',
  ],
  public: [
    ...common, 'CKA_TRUSTED', 'CKA_ENCRYPT', 'CKA_VERIFY', 'CKA_VERIFY_RECOVER', 'CKA_WRAP', 'CKA_DERIVE',
    'CKA_MODULUS_BITS', 'CKA_MODULUS', 'CKA_PUBLIC_EXPONENT', 'CKA_EC_PARAMS', 'CKA_EC_POINT',
  ],
} as const satisfies Record<FoundKey['class'], readonly (keyof typeof pkcs11)[]>

/** The objects of this CKA_ID: a secret key alone, or the halves of a pair with the private one first. Empty if there is none. */
export function readAttributes(token: OpenToken, ckaId: Uint8Array): ObjectAttributes[] {
  return token.repeatable((session) =>
    token
      .findById(session, ckaId)
      .sort((a, b) => Number(a.class === 'public') - Number(b.class === 'public'))
      .map(({ handle, class: name }) => ({
        class: name,
        attributes: shown[name].map((asked) => ({ name: asked, value: attribute(token, session, handle, pkcs11[asked]) })),
      })),
  )
}
