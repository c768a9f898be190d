import { describe, expect, it } from 'vitest'
import type { KeyOfferView } from '#contract/vault.ts'
import { keySpecs } from '#core/vocabulary/kms.ts'
import { holdingOf, usagesOf } from '#core/keys/specs.ts'
import { kinds, offersOf, proposedOf, reasonAgainstOffer, specCards, timeOf, type Kind } from '../../src-renderer/features/keys/offers.ts'

const offers: readonly KeyOfferView[] = keySpecs.flatMap((spec) =>
  usagesOf(spec).map((usage): KeyOfferView => ({ spec, usage, algorithms: [], protection: holdingOf({ spec, usage }).how === 'sealed' ? 'SEALED' : 'HSM', possible: true })),
)

function refused(outcome: 'absent' | 'refused' | 'wrong' | 'hang', note?: string): KeyOfferView {
  return { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY', algorithms: [], protection: 'HSM', possible: false, check: { via: 'CKM_EDDSA', outcome, at: new Date(0), ...(note === undefined ? {} : { note }) } }
}

describe('what a new key may be', () => {
  it('has every spec and usage under exactly one kind', () => {
    const found = (Object.keys(kinds) as Kind[]).flatMap((kind) => offersOf(offers, kind)).map(({ spec, usage }) => `${spec} ${usage}`)
    expect(found.sort()).toEqual(offers.map(({ spec, usage }) => `${spec} ${usage}`).sort())
  })

  it.each([['encrypt', 'SYMMETRIC_DEFAULT'], ['mac', 'HMAC_256'], ['sign', 'ECC_NIST_P256'], ['decrypt', 'RSA_3072'], ['agree', 'ECC_NIST_P256'], ['encapsulate', 'ML_KEM_768']] as const)('proposes for %s %s', (kind, spec) => {
    expect(proposedOf(offersOf(offers, kind))).toBe(spec)
  })

  it('proposes what the HSM can hold, where it cannot hold the usual one', () => {
    const some = offersOf(offers, 'sign').map((offer) => (offer.spec.startsWith('ECC_') ? { ...offer, possible: false } : offer))
    expect(proposedOf(some)).toBe('RSA_3072')
  })

  it.each([
    [refused('absent', 'not listed'), 'Card 7 does not offer the mechanism CKM_EDDSA.'],
    [refused('refused', 'CKR_CURVE_NOT_SUPPORTED'), 'Card 7 refuses CKM_EDDSA with CKR_CURVE_NOT_SUPPORTED.'],
    [refused('wrong'), 'Card 7 gave a wrong result with CKM_EDDSA: no key of it can be trusted.'],
    [refused('hang'), 'Card 7 hung in CKM_EDDSA when it was tried.'],
  ])('says why the HSM cannot hold it (%#)', (offer, reason) => {
    expect(reasonAgainstOffer(offer, 'Card 7')).toBe(reason)
    const [family] = specCards([offer], 'Card 7')
    expect(family?.cards[0]).toMatchObject({ value: 'ECC_NIST_EDWARDS25519', reason })
  })

  it('shows a time only where the token itself does the work', () => {
    const check = { via: 'CKM_ECDSA', outcome: 'works', microseconds: 412, at: new Date(0) } as const
    expect(timeOf({ ...offers[0]!, check })).toBe('0.41 ms')
    expect(timeOf({ ...offers[0]!, check, protection: 'SEALED' })).toBeUndefined()
  })
})
