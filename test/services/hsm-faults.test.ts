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

describe('a module that fails with key pairs', () => {
  let signer: string
  let cipher: string

  beforeAll(async () => {
    signer = (await vault.api.kms.CreateKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })).KeyMetadata.KeyId
    cipher = (await vault.api.kms.CreateKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })).KeyMetadata.KeyId
  })

  const sign = () => vault.api.kms.Sign({ KeyId: signer, Message: bytes('x'), SigningAlgorithm: 'RSASSA_PSS_SHA_256' })
  const count = async () => (await vault.api.kms.ListKeys({})).Keys.length

  it.each(['C_SignInit segfault once', 'C_Sign abort once', 'C_Sign after segfault once', 'C_Sign hang once'])('%s costs that call; the next one works', async (fault) => {
    faulty.faults(fault)
    await expect(sign()).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    expect((await sign()).Signature).toHaveLength(256)
  })

  it('gives no wrong RSA signature out: it could give the key away', async () => {
    faulty.faults('C_Sign garbage once')
    await expect(sign()).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    await sign()
  })

  it.each(['C_GenerateKeyPair segfault once', 'C_GenerateKeyPair after segfault once', 'C_GenerateKeyPair return 0x30 once'])('%s leaves no key, nor a half of one', async (fault) => {
    const before = await count()
    faulty.faults(fault)
    await expect(vault.api.kms.CreateKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    expect(await count()).toBe(before)
    await vault.api.kms.CreateKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    expect(await count()).toBe(before + 1)
  })

  it('lacks the mechanism says so when a key is asked for, in AWS\'s words for it', async () => {
    faulty.faults('hide 0x1055', 'C_GenerateKeyPair return 0x70')
    await expect(vault.api.kms.CreateKey({ KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' })).rejects.toMatchObject({ code: 'UnsupportedOperationException' })
  })

  it.each([
    ['RSAES_OAEP_SHA_1', 'C_Decrypt return 0x5'],
    ['RSAES_OAEP_SHA_256', 'C_Decrypt return 0x5'],
  ])('fails to decrypt %s is not taken for a wrong ciphertext', async (EncryptionAlgorithm, fault) => {
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId: cipher, Plaintext: bytes('x'), EncryptionAlgorithm })
    faulty.faults(fault)
    await expect(vault.api.kms.Decrypt({ KeyId: cipher, CiphertextBlob, EncryptionAlgorithm })).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    faulty.faults()
    expect(text((await vault.api.kms.Decrypt({ KeyId: cipher, CiphertextBlob, EncryptionAlgorithm })).Plaintext)).toBe('x')
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
