import type { TokenObjectView } from '#contract/vault.ts'

/** What an attribute means for the key, and what it should be for a key that cannot leave. Source: PKCS#11 v2.40, sections 4.4 to 4.10. */
interface Meaning {
  readonly text: string
  /** Of a secret or private key: the value that keeps it in the token. */
  readonly wanted?: 'true' | 'false'
}

const meanings: Readonly<Record<string, Meaning>> = {
  CKA_CLASS: { text: 'What kind of object it is' },
  CKA_KEY_TYPE: { text: 'The algorithm that it is a key of' },
  CKA_LABEL: { text: 'Its name on the token, by which Holdfast knows it as its own' },
  CKA_ID: { text: 'By which Holdfast finds it' },
  CKA_TOKEN: { text: 'Kept on the token, not only for a session', wanted: 'true' },
  CKA_PRIVATE: { text: 'Seen only after a login', wanted: 'true' },
  CKA_MODIFIABLE: { text: 'Its attributes can be changed', wanted: 'false' },
  CKA_COPYABLE: { text: 'It can be copied on the token' },
  CKA_DESTROYABLE: { text: 'It can be destroyed' },
  CKA_LOCAL: { text: 'Made on this token, never outside' },
  CKA_KEY_GEN_MECHANISM: { text: 'How it was made' },
  CKA_ALLOWED_MECHANISMS: { text: 'What it may be used with, if restricted' },
  CKA_SENSITIVE: { text: 'Its value is never shown in the clear', wanted: 'true' },
  CKA_ALWAYS_SENSITIVE: { text: 'It has been sensitive since it was made', wanted: 'true' },
  CKA_EXTRACTABLE: { text: 'It can leave the token, wrapped', wanted: 'false' },
  CKA_NEVER_EXTRACTABLE: { text: 'It could never leave the token', wanted: 'true' },
  CKA_WRAP_WITH_TRUSTED: { text: 'If it could leave: only under a trusted key' },
  CKA_TRUSTED: { text: 'The security officer trusts it for wrapping' },
  CKA_ALWAYS_AUTHENTICATE: { text: 'The PIN is asked for at each use' },
  CKA_VALUE_LEN: { text: 'Length of the key, in bytes' },
  CKA_ENCRYPT: { text: 'It may encrypt' },
  CKA_DECRYPT: { text: 'It may decrypt' },
  CKA_SIGN: { text: 'It may sign, or make MACs' },
  CKA_SIGN_RECOVER: { text: 'It may sign so that the message can be recovered' },
  CKA_VERIFY: { text: 'It may verify' },
  CKA_VERIFY_RECOVER: { text: 'It may verify and recover the message' },
  CKA_WRAP: { text: 'It may wrap other keys' },
  CKA_UNWRAP: { text: 'It may unwrap other keys' },
  CKA_DERIVE: { text: 'Other keys may be derived from it' },
  CKA_SUBJECT: { text: 'A certificate’s subject, if one belongs to it' },
  CKA_MODULUS_BITS: { text: 'Length of the modulus, in bits' },
  CKA_MODULUS: { text: 'The modulus' },
  CKA_PUBLIC_EXPONENT: { text: 'The public exponent' },
  CKA_EC_PARAMS: { text: 'The curve, in DER' },
  CKA_EC_POINT: { text: 'The public point, in DER' },
}

export interface AttributeRow {
  readonly name: string
  /** What is shown as its value: words where there are some, else the bytes; undefined where the token answers nothing. */
  readonly value: string | undefined
  readonly hex: string | undefined
  readonly text: string
  /** It does not keep the key in the token as it should. */
  readonly alarming: boolean
}

export const objectNames = { secret: 'Secret key', private: 'Private key', public: 'Public key' } as const satisfies Record<TokenObjectView['class'], string>

/** An object's attributes in words. */
export function attributeRows({ class: kind, attributes }: TokenObjectView): readonly AttributeRow[] {
  return attributes.map(({ name, hex, words }) => {
    const meaning = meanings[name]
    return {
      name,
      value: words ?? (hex === '' ? 'empty' : hex),
      hex,
      text: meaning?.text ?? '',
      alarming: kind !== 'public' && meaning?.wanted !== undefined && words !== undefined && words !== meaning.wanted,
    }
  })
}
