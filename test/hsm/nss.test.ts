import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chooseRung } from '#core/sealing/rung.ts'
import { checkIds } from '#core/tokens/checks.ts'
import { wrapFormat } from '#core/tokens/details.ts'
import { enforcementOf } from '#core/tokens/enforcement.ts'
import { claimsOf, type CheckResults, type TokenClaims } from '#core/tokens/profile.ts'
import { nssLibrary, nssToken, type NssToken } from './nss-token.ts'
import { testOwner } from './owner.ts'

// NSS's softokn3, Firefox's token: the one at hand that does not enforce. Skipped where libnss3 is not installed.
describe.skipIf(nssLibrary === undefined)('the profile of NSS', () => {
  let token: NssToken
  let results: CheckResults
  let claims: TokenClaims

  beforeAll(async () => {
    token = await nssToken(nssLibrary ?? '')
    const tried = await token.hsm.member(token.config, testOwner(token.pin)).tryOut(checkIds)
    results = tried.results
    claims = claimsOf(tried.facts)
    expect(tried.facts.label).toBe('NSS Certificate DB')
  })

  afterAll(() => token[Symbol.asyncDispose]())

  it('says that it does not enforce: a sealed key was wrapped, and copied as extractable', () => {
    expect(results['wrap-sealed']).toMatchObject({ outcome: 'wrong', detail: 'CKM_AES_KEY_WRAP wrapped it, into 40 bytes' })
    expect(results['copy-sealed']).toMatchObject({ outcome: 'wrong', detail: 'the copy is extractable' })
    expect(results['read-secret']?.outcome).toBe('works')
    expect(results['unwrap-sealed']?.outcome).toBe('works')
    expect(enforcementOf(results, claims)).toMatchObject({ badge: 'not-enforced', held: 5, tried: 7 })
  })

  it('seals on rung 1 all the same', () => {
    expect(chooseRung(results)).toBe(1)
  })

  it('knows a wrapped key by its length: 0x210A is no RFC 5649 here', () => {
    expect(wrapFormat(results, 'wrap-aes-pad')).toBe('PKCS #7, then RFC 3394')
    expect(wrapFormat(results, 'wrap-aes-kwp')).toBe('RFC 5649')
    expect(wrapFormat(results, 'wrap-cbc-pad')).toBe('PKCS #7')
  })

  it('works but for what NSS cannot or does not tell', () => {
    const failing = checkIds.filter((id) => results[id]?.outcome !== 'works')
    expect(failing).toEqual(['origin', 'ecdsa-secp256k1', 'ed25519', 'wrap-sealed', 'copy-sealed'])
  })
})
