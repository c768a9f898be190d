import pkcs11 from 'pkcs11js'

const usages = {
  encrypt: pkcs11.CKA_ENCRYPT,
  decrypt: pkcs11.CKA_DECRYPT,
  sign: pkcs11.CKA_SIGN,
  verify: pkcs11.CKA_VERIFY,
  wrap: pkcs11.CKA_WRAP,
  unwrap: pkcs11.CKA_UNWRAP,
  derive: pkcs11.CKA_DERIVE,
} as const

export type Usage = keyof typeof usages

/** A secret key as a check wants it. */
export interface SecretWish {
  readonly keyType: 'aes' | 'generic'
  readonly uses: readonly Usage[]
  /** `sealed`: sensitive and not extractable, as every key of a vault; `wrappable`: sensitive and extractable; `open`: neither. */
  readonly kept: 'sealed' | 'wrappable' | 'open'
  /** Bytes; only where the token makes the key: elsewhere the value tells. */
  readonly length?: number
  /** Silence: not. */
  readonly modifiable?: boolean
}

const keyTypes = { aes: pkcs11.CKK_AES, generic: pkcs11.CKK_GENERIC_SECRET } as const

const kept = {
  sealed: { sensitive: true, extractable: false },
  wrappable: { sensitive: true, extractable: true },
  open: { sensitive: false, extractable: true },
} as const

/** Every attribute stated: what a token adds by itself differs from token to token, and is often the weaker choice. */
export function secretTemplate(wish: SecretWish, more: pkcs11.Template = []): pkcs11.Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: keyTypes[wish.keyType] },
    ...(wish.length === undefined ? [] : [{ type: pkcs11.CKA_VALUE_LEN, value: wish.length }]),
    ...guarded(wish.kept),
    { type: pkcs11.CKA_MODIFIABLE, value: wish.modifiable === true },
    ...(Object.keys(usages) as Usage[]).map((usage) => ({ type: usages[usage], value: wish.uses.includes(usage) })),
    ...more,
  ]
}

/** The private half of a pair for one purpose: sealed, in the session. */
export function privateTemplate(keyType: number, purpose: PairPurpose): pkcs11.Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: keyType },
    ...guarded('sealed'),
    ...(['sign', 'decrypt', 'unwrap', 'derive'] as const).map((usage) => ({ type: usages[usage], value: usage === purpose })),
  ]
}

/** One purpose to a pair: nShield refuses keys that may sign and decrypt. */
export type PairPurpose = 'sign' | 'decrypt' | 'unwrap' | 'derive'

const counterparts = { sign: ['verify'], decrypt: ['encrypt'], unwrap: ['wrap'], derive: [] } as const satisfies Record<PairPurpose, readonly Usage[]>

export function publicTemplate(keyType: number, purpose: PairPurpose, more: pkcs11.Template): pkcs11.Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: keyType },
    { type: pkcs11.CKA_TOKEN, value: false },
    ...(['verify', 'encrypt', 'wrap'] as const).map((usage) => ({ type: usages[usage], value: (counterparts[purpose] as readonly Usage[]).includes(usage) })),
    ...more,
  ]
}

function guarded(how: keyof typeof kept): pkcs11.Template {
  const { sensitive, extractable } = kept[how]
  return [
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: sensitive },
    { type: pkcs11.CKA_EXTRACTABLE, value: extractable },
  ]
}
