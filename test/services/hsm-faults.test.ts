import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bytes, PASSPHRASE, secret, temporaryVault, text, type TemporaryVault } from './temporary-vault.ts'
import { faultyHsm, type FaultyHsm } from './faulty-hsm.ts'

// A PKCS#11 module that crashes, hangs or fails costs the call that was in it, and nothing else.

let faulty: FaultyHsm
let vault: TemporaryVault
let KeyId: string

beforeAll(async () => {
  faulty = await faultyHsm()
  vault = await temporaryVault({ hsm: faulty.hsm })
  KeyId = (await vault.api.kms.CreateKey({})).KeyMetadata.KeyId
})

beforeEach(() => { faulty.faults() })

afterAll(async () => {
  await vault[Symbol.asyncDispose]()
  faulty[Symbol.dispose]()
})

describe('a module that', () => {
  it.each([
    ['crashes', 'C_Encrypt segfault once'],
    ['aborts', 'C_Encrypt abort once'],
    ['hangs', 'C_Encrypt hang once'],
  ])('%s in a call fails that call; the next one works', async (_what, fault) => {
    faulty.faults(fault)
    await expect(encrypt()).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    const { CiphertextBlob } = await encrypt()
    expect(text((await vault.api.kms.Decrypt({ CiphertextBlob })).Plaintext)).toBe('x')
  })

  it('crashes while it makes a key leaves no key, and the next one works', async () => {
    const before = (await vault.api.kms.ListKeys({})).Keys.length
    faulty.faults('C_GenerateKey after segfault once')
    await expect(vault.api.kms.CreateKey({})).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    expect((await vault.api.kms.ListKeys({})).Keys).toHaveLength(before)
    await vault.api.kms.CreateKey({})
    expect((await vault.api.kms.ListKeys({})).Keys).toHaveLength(before + 1)
  })

  it('makes a key that can be extracted is caught, and the key destroyed', async () => {
    const before = (await vault.api.kms.ListKeys({})).Keys.length
    faulty.faults('C_GenerateKey garbage once')
    await expect(vault.api.kms.CreateKey({})).rejects.toMatchObject({ code: 'MATERIAL_REFUSED' })
    expect((await vault.api.kms.ListKeys({})).Keys).toHaveLength(before)
  })

  it('gives a wrong ciphertext is found out by its tag; the next one is right', async () => {
    faulty.faults('C_Encrypt garbage once')
    const spoiled = await encrypt()
    await expect(vault.api.kms.Decrypt({ CiphertextBlob: spoiled.CiphertextBlob })).rejects.toMatchObject({ code: 'InvalidCiphertextException' })
    const { CiphertextBlob } = await encrypt()
    expect(text((await vault.api.kms.Decrypt({ CiphertextBlob })).Plaintext)).toBe('x')
  })

  it('begins to make its own IVs is followed: what it seals is opened', async () => {
    faulty.faults('token-iv')
    const { CiphertextBlob } = await encrypt()
    faulty.faults()
    expect(text((await vault.api.kms.Decrypt({ CiphertextBlob })).Plaintext)).toBe('x')
  })

  it('has no room for a key says so', async () => {
    faulty.faults('C_GenerateKey return 0x31')
    await expect(vault.api.kms.CreateKey({})).rejects.toMatchObject({ code: 'TOKEN_FULL' })
  })

  it('was pulled out says so', async () => {
    faulty.faults('C_EncryptInit return 0x32')
    await expect(encrypt()).rejects.toMatchObject({ code: 'TOKEN_REMOVED' })
    faulty.faults()
    await encrypt()
  })
})

describe('many calls at once', () => {
  it('lose only what was in the module when it crashed', async () => {
    faulty.faults('C_Encrypt segfault once')
    const results = await Promise.allSettled(Array.from({ length: 64 }, () => encrypt()))
    expect(results.some((result) => result.status === 'rejected')).toBe(true)
    const again = await Promise.all(Array.from({ length: 64 }, () => encrypt()))
    expect(again).toHaveLength(64)
  })
})

describe('a PIN that the token refuses', () => {
  it('is never tried a second time', async () => {
    await vault.api.vault.lock({})
    faulty.faults('C_Login return 0xa0')
    const before = faulty.calls('C_Login')
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    await expect(encrypt()).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
    await expect(encrypt()).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
    expect(faulty.calls('C_Login') - before).toBe(1)
    const [member] = (await vault.api.vault.status({})).members ?? []
    expect(member).toMatchObject({ state: 'refused', failure: { code: 'PIN_INCORRECT' } })
  })
})

function encrypt(): Promise<{ CiphertextBlob: Uint8Array }> {
  return vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
}
