import { computed, shallowRef, type ComputedRef, type Ref } from 'vue'
import type { KeyOfferView } from '#contract/vault.ts'
import { useAction, type Action } from '#api/action.ts'
import { useApi } from '#api/client.ts'
import type { KeySpec, KeyUsage } from '#core/vocabulary/kms.ts'
import type { RadioCard } from '#ui/RadioCards.vue'

/** A type of key and what it is used for: the first thing that is chosen. */
export type Kind = keyof typeof kinds

export const kinds = {
  encrypt: { usage: 'ENCRYPT_DECRYPT', symmetric: true, title: 'Encrypt and decrypt', type: 'Symmetric', text: 'For small secrets, and for the data keys of files and of everything larger. Rotates by itself.' },
  mac: { usage: 'GENERATE_VERIFY_MAC', symmetric: true, title: 'Make and verify MACs', type: 'Symmetric', text: 'Proves that a token or a message comes from who shares this key. HMAC.' },
  sign: { usage: 'SIGN_VERIFY', symmetric: false, title: 'Sign and verify', type: 'Asymmetric', text: 'Anybody can verify with the public key: code, documents, certificates, JSON web tokens.' },
  decrypt: { usage: 'ENCRYPT_DECRYPT', symmetric: false, title: 'Encrypt and decrypt', type: 'Asymmetric', text: 'Others encrypt with the public key, without calling Holdfast. RSA.' },
  agree: { usage: 'KEY_AGREEMENT', symmetric: false, title: 'Agree on secrets', type: 'Asymmetric', text: 'Two sides derive one secret from their own private and the other public key. ECDH.' },
  encapsulate: { usage: 'ENCAPSULATE_DECAPSULATE', symmetric: false, title: 'Encapsulate and decapsulate', type: 'Asymmetric', text: 'A secret for one recipient that a quantum computer does not open. ML-KEM.' },
} as const satisfies Record<string, { usage: KeyUsage; symmetric: boolean; title: string; type: string; text: string }>

/** Families of specs, in the order in which they are offered. */
const families = ['Symmetric', 'HMAC', 'Elliptic curve', 'RSA', 'Post-quantum'] as const

interface SpecWords {
  readonly family: (typeof families)[number]
  /** What it is for. */
  readonly text: string
  /** Bits against the best attack known (NIST SP 800-57 part 1, table 2; FIPS 203 and 204 by category). */
  readonly security: string
  /** Bytes of a signature as AWS gives it, of a MAC, of an encapsulated secret; the most bytes of a plaintext. */
  readonly size: string
}

const sealed = 'SEALED: the private key is sealed by a key of the HSM, and opened in memory for one call.'

export const specWords = {
  SYMMETRIC_DEFAULT: { family: 'Symmetric', text: 'AES-256-GCM.', security: '256 bits', size: '' },
  HMAC_224: { family: 'HMAC', text: 'HMAC with SHA-224. For verifiers that ask for it.', security: '224 bits', size: '28 B' },
  HMAC_256: { family: 'HMAC', text: 'HS256. The usual one, for tokens and webhooks.', security: '256 bits', size: '32 B' },
  HMAC_384: { family: 'HMAC', text: 'HS384.', security: '384 bits', size: '48 B' },
  HMAC_512: { family: 'HMAC', text: 'HS512. Fast on 64-bit machines, the longest MAC.', security: '512 bits', size: '64 B' },
  RSA_2048: { family: 'RSA', text: 'For verifiers that accept nothing larger.', security: '112 bits', size: '256 B' },
  RSA_3072: { family: 'RSA', text: 'PSS or PKCS #1 v1.5, for older verifiers.', security: '128 bits', size: '384 B' },
  RSA_4096: { family: 'RSA', text: 'The same with a larger modulus. Slow to create.', security: '150 bits', size: '512 B' },
  ECC_NIST_P256: { family: 'Elliptic curve', text: 'ES256. The most widely accepted.', security: '128 bits', size: '≤ 72 B' },
  ECC_NIST_P384: { family: 'Elliptic curve', text: 'ES384. For certificate authorities and long-lived keys.', security: '192 bits', size: '≤ 104 B' },
  ECC_NIST_P521: { family: 'Elliptic curve', text: 'ES512. Rarely needed, not accepted everywhere.', security: '256 bits', size: '≤ 139 B' },
  ECC_SECG_P256K1: { family: 'Elliptic curve', text: 'ES256K. For blockchains.', security: '128 bits', size: '≤ 72 B' },
  ECC_NIST_EDWARDS25519: { family: 'Elliptic curve', text: 'Ed25519. For SSH and modern protocols.', security: '128 bits', size: '64 B' },
  ML_DSA_44: { family: 'Post-quantum', text: 'FIPS 204, the smallest.', security: 'Category 2', size: '2,420 B' },
  ML_DSA_65: { family: 'Post-quantum', text: 'FIPS 204, for general use.', security: 'Category 3', size: '3,309 B' },
  ML_DSA_87: { family: 'Post-quantum', text: 'FIPS 204, as CNSA 2.0 asks for.', security: 'Category 5', size: '4,627 B' },
  ML_KEM_512: { family: 'Post-quantum', text: 'FIPS 203, the smallest.', security: 'Category 1', size: '768 B' },
  ML_KEM_768: { family: 'Post-quantum', text: 'FIPS 203, for general use.', security: 'Category 3', size: '1,088 B' },
  ML_KEM_1024: { family: 'Post-quantum', text: 'FIPS 203, as CNSA 2.0 asks for.', security: 'Category 5', size: '1,568 B' },
} as const satisfies Record<KeySpec, SpecWords>

/** What is proposed for each use, the better one first. */
const usual: readonly KeySpec[] = ['HMAC_256', 'ECC_NIST_P256', 'RSA_3072', 'ML_KEM_768']

/** What is proposed of these: a usual one that the HSM can hold, else the first that it can. */
export function proposedOf(offers: readonly KeyOfferView[]): KeySpec | undefined {
  const possible = offers.filter((offer) => offer.possible).map(({ spec }) => spec)
  return usual.find((spec) => possible.includes(spec)) ?? possible[0] ?? offers[0]?.spec
}

/** What stands over the sizes, by usage. */
export const sizeHeads = {
  ENCRYPT_DECRYPT: 'Ciphertext',
  SIGN_VERIFY: 'Signature',
  GENERATE_VERIFY_MAC: 'MAC',
  KEY_AGREEMENT: undefined,
  ENCAPSULATE_DECAPSULATE: 'Ciphertext',
} as const satisfies Record<KeyUsage, string | undefined>

/** Of the offers those of a kind, in AWS's order. */
export function offersOf(offers: readonly KeyOfferView[], kind: Kind): readonly KeyOfferView[] {
  const { usage, symmetric } = kinds[kind]
  return offers.filter((offer) => offer.usage === usage && (['Symmetric', 'HMAC'].includes(specWords[offer.spec].family) === symmetric))
}

/** Why the HSM cannot hold such a key, from its own trial; undefined if it can. */
export function reasonAgainstOffer({ possible, check }: KeyOfferView, member: string): string | undefined {
  if (possible || check === undefined) return undefined
  if (check.outcome === 'absent') return `${member} does not offer the mechanism ${check.via}.`
  if (check.outcome === 'refused') return `${member} refuses ${check.via}${check.note === undefined ? '' : ` with ${check.note}`}.`
  if (check.outcome === 'wrong') return `${member} gave a wrong result with ${check.via}: no key of it can be trusted.`
  return `${member} ${check.outcome === 'crash' ? 'crashed' : 'hung'} in ${check.via} when it was tried.`
}

/** Cards by family; sizes and, where it was measured, how long the token takes. */
export function specCards(offers: readonly KeyOfferView[], member: string): readonly { readonly family: string; readonly note?: string; readonly cards: readonly RadioCard<KeySpec>[] }[] {
  const timed = offers.some((offer) => timeOf(offer) !== undefined)
  return families.flatMap((family) => {
    const cards = offers
      .filter((offer) => specWords[offer.spec].family === family)
      .map((offer): RadioCard<KeySpec> => {
        const reason = reasonAgainstOffer(offer, member)
        const { size, text } = specWords[offer.spec]
        const facts = [...(sizeHeads[offer.usage] === undefined ? [] : [size]), ...(offer.protection === 'SEALED' ? ['SEALED'] : timed ? [timeOf(offer) ?? '–'] : [])]
        return { value: offer.spec, title: offer.spec, text, code: true, ...(reason === undefined ? { facts } : { reason }) }
      })
    return cards.length === 0 ? [] : [{ family, cards, ...(family === 'Post-quantum' ? { note: sealed } : {}) }]
  })
}

/** "0.25 ms"; undefined where it was not measured. */
export function timeOf({ check, protection }: KeyOfferView): string | undefined {
  if (check?.microseconds === undefined || protection === 'SEALED') return undefined
  const value = check.microseconds / 1000
  return value < 0.01 ? '< 0.01 ms' : `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`
}

export interface Offers {
  readonly offers: Ref<readonly KeyOfferView[]>
  /** The HSM that would hold the key. */
  readonly member: Ref<string>
  readonly loaded: ComputedRef<boolean>
  readonly load: Action<[], void>
}

/** What this vault's HSM can hold. */
export function useOffers(): Offers {
  const api = useApi()
  const offers = shallowRef<readonly KeyOfferView[]>([])
  const member = shallowRef('The HSM')
  const load = useAction(async () => {
    const found = await api.console.keyOffers({})
    member.value = found.member
    offers.value = found.offers
  })
  return { offers, member, loaded: computed(() => offers.value.length > 0), load }
}
