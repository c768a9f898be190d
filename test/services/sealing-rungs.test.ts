import { describe, expect, it } from 'vitest'
import { bytes, temporaryVault, text } from './temporary-vault.ts'
import { faultyHsm } from './faulty-hsm.ts'

const AES_GCM = 'hide 0x1087'

describe('a token with AES-GCM', () => {
  it('seals on rung 1, inside the token', async () => {
    await using vault = await temporaryVault()
    const { KeyMetadata } = await vault.api.kms.CreateKey({})
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId: KeyMetadata.KeyId, Plaintext: bytes('x') })
    expect([...CiphertextBlob.subarray(0, 2)]).toEqual([1, 1])
    expect(CiphertextBlob).toHaveLength(62 + 1 + 16)
    expect((await vault.api.console.key({ keyId: KeyMetadata.KeyId })).materials[0]).toMatchObject({ rung: 1, encryptions: 65_536 })
  })
})

describe('a token without AES-GCM', () => {
  it('seals on rung 2: the token keys each message, the host encrypts it', async () => {
    using faulty = await faultyHsm()
    faulty.faults(AES_GCM)
    await using vault = await temporaryVault({ hsm: faulty.hsm })
    const { KeyMetadata } = await vault.api.kms.CreateKey({})
    const KeyId = KeyMetadata.KeyId
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('hello'), EncryptionContext: { a: 'b' } })
    expect([...CiphertextBlob.subarray(0, 2)]).toEqual([1, 2])
    expect(CiphertextBlob).toHaveLength(94 + 5 + 16)
    expect(text((await vault.api.kms.Decrypt({ CiphertextBlob, EncryptionContext: { a: 'b' } })).Plaintext)).toBe('hello')
    await expect(vault.api.kms.Decrypt({ CiphertextBlob, EncryptionContext: { a: 'c' } })).rejects.toMatchObject({ code: 'InvalidCiphertextException' })
    const dataKey = await vault.api.kms.GenerateDataKey({ KeyId, KeySpec: 'AES_256' })
    expect((await vault.api.kms.Decrypt({ CiphertextBlob: dataKey.CiphertextBlob })).Plaintext).toEqual(dataKey.Plaintext)
    expect((await vault.api.console.key({ keyId: KeyId })).materials[0]).toMatchObject({ rung: 2 })
  })

  it('opens nothing of rung 1 under rung-2 material: the rung is the material\'s', async () => {
    using faulty = await faultyHsm()
    faulty.faults(AES_GCM)
    await using vault = await temporaryVault({ hsm: faulty.hsm })
    const { KeyMetadata } = await vault.api.kms.CreateKey({})
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId: KeyMetadata.KeyId, Plaintext: new Uint8Array(64) })
    const downgraded = Uint8Array.from(CiphertextBlob)
    downgraded[1] = 1
    await expect(vault.api.kms.Decrypt({ CiphertextBlob: downgraded })).rejects.toMatchObject({ code: 'InvalidCiphertextException' })
  })
})

describe('a token with neither AES-GCM nor HMAC', () => {
  it('gets no vault, and leaves nothing behind', async () => {
    using faulty = await faultyHsm()
    faulty.faults(AES_GCM, 'hide 0x251')
    await expect(temporaryVault({ hsm: faulty.hsm })).rejects.toMatchObject({ code: 'SEALING_UNSUPPORTED' })
  })
})

describe('a token that makes its own IVs', () => {
  it('is taken at its word: the IV in the ciphertext is the token\'s', async () => {
    using faulty = await faultyHsm()
    faulty.faults('token-iv')
    await using vault = await temporaryVault({ hsm: faulty.hsm })
    const { KeyMetadata } = await vault.api.kms.CreateKey({})
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId: KeyMetadata.KeyId, Plaintext: bytes('x') })
    expect(text((await vault.api.kms.Decrypt({ CiphertextBlob })).Plaintext)).toBe('x')
  })
})
