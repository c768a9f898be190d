import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keySpecs } from '#core/vocabulary/kms.ts'
import { temporaryVault, type TemporaryVault } from './temporary-vault.ts'

// What the console asks before a key is made, and of the token that holds one.

let vault: TemporaryVault
beforeAll(async () => { vault = await temporaryVault() })
afterAll(() => vault[Symbol.asyncDispose]())

describe('what a new key may be', () => {
  it('is every spec, with its algorithms and how it is protected', async () => {
    const { offers } = await vault.api.console.keyOffers({})
    expect([...new Set(offers.map(({ spec }) => spec))]).toEqual([...keySpecs])
    expect(offers.find(({ spec, usage }) => spec === 'ECC_NIST_P256' && usage === 'KEY_AGREEMENT')).toMatchObject({ algorithms: ['ECDH'], protection: 'HSM' })
    expect(offers.find(({ spec }) => spec === 'ML_DSA_65')).toMatchObject({ algorithms: ['ML_DSA_SHAKE_256'], protection: 'SEALED', possible: true })
  })
})

describe('the attributes of a key on its token', () => {
  it('are those of both halves of a pair, in words', async () => {
    const { keyId } = await made('RSA_2048', 'SIGN_VERIFY')
    const detail = await vault.api.console.key({ keyId })
    expect(detail.algorithms).toContain('RSASSA_PSS_SHA_256')
    const { member, objects } = await vault.api.console.attributes({ keyId, materialId: detail.materials[0]!.materialId })
    expect([member, objects.map((object) => object.class)]).toEqual([detail.materials[0]!.member, ['private', 'public']])
    const shown = Object.fromEntries(objects[0]!.attributes.map(({ name, words }) => [name, words]))
    expect(shown).toMatchObject({ CKA_CLASS: 'CKO_PRIVATE_KEY', CKA_KEY_TYPE: 'CKK_RSA', CKA_SENSITIVE: 'true', CKA_NEVER_EXTRACTABLE: 'true', CKA_LOCAL: 'true' })
    expect(objects[1]!.attributes.find(({ name }) => name === 'CKA_MODULUS_BITS')?.words).toBe('2048')
  })

  it('never hold a value of a secret or private key', async () => {
    for (const [spec, usage] of [['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'], ['HMAC_256', 'GENERATE_VERIFY_MAC'], ['ECC_NIST_P256', 'SIGN_VERIFY']] as const) {
      const { keyId } = await made(spec, usage)
      const { materials: [material] } = await vault.api.console.key({ keyId })
      const { objects } = await vault.api.console.attributes({ keyId, materialId: material!.materialId })
      for (const { attributes } of objects) for (const { name } of attributes) expect(['CKA_VALUE', 'CKA_PRIVATE_EXPONENT', 'CKA_PRIME_1', 'CKA_PRIME_2', 'CKA_EXPONENT_1', 'CKA_EXPONENT_2', 'CKA_COEFFICIENT']).not.toContain(name)
    }
  })

  it("are refused for a material that is not the key's", async () => {
    const [one, other] = [await made('HMAC_256', 'GENERATE_VERIFY_MAC'), await made('HMAC_256', 'GENERATE_VERIFY_MAC')]
    const { materials: [material] } = await vault.api.console.key({ keyId: other.keyId })
    await expect(vault.api.console.attributes({ keyId: one.keyId, materialId: material!.materialId })).rejects.toMatchObject({ code: 'NotFoundException' })
  })
})

async function made(KeySpec: string, KeyUsage: string): Promise<{ keyId: string }> {
  const { KeyMetadata } = await vault.api.kms.CreateKey({ KeySpec, KeyUsage })
  return { keyId: KeyMetadata.KeyId }
}
