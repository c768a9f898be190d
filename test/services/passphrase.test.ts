import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killedAt } from './killed-child.ts'
import { bytes, NEXT_PASSPHRASE, PASSPHRASE, secret, temporaryHome, temporaryVault, text, vaultAt, type TemporaryVault } from './temporary-vault.ts'

let folder: string
let pristine: string
let ciphertext: Uint8Array

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-passphrase-'))
  pristine = join(folder, 'pristine')
  const vault = await temporaryVault()
  const { KeyMetadata } = await vault.api.kms.CreateKey({})
  ciphertext = (await vault.api.kms.Encrypt({ KeyId: KeyMetadata.KeyId, Plaintext: bytes('kept') })).CiphertextBlob
  await vault.holdfast.close()
  cpSync(vault.homePath, pristine, { recursive: true })
  await vault[Symbol.asyncDispose]()
})

afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

describe('changing the passphrase', () => {
  it('lets the new one in and not the old one, and replaces the database key', async () => {
    await using vault = vaultAt(copyOf('change'))
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const other = vault.connect()
    await other.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const oldSlots = readFileSync(join(vault.homePath, 'vault', 'keyslots.json'))
    await vault.api.vault.changePassphrase({ current: secret(PASSPHRASE), next: secret(NEXT_PASSPHRASE) })
    await expect(other.api.kms.ListKeys({})).rejects.toMatchObject({ code: 'SESSION_ENDED' })
    expect((await vault.api.kms.ListKeys({})).Keys).toHaveLength(1)
    await vault.api.vault.lock({})
    await expect(vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })).rejects.toMatchObject({ code: 'PASSPHRASE_INCORRECT' })
    await vault.api.session.signIn({ passphrase: secret(NEXT_PASSPHRASE) })
    await decrypts(vault)
    await vault.api.vault.lock({})
    // A copy of the old keyslots opens with the old passphrase, and no longer leads to the database.
    vault.holdfast.home.replaceKeyslots(oldSlots)
    await expect(vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })).rejects.toMatchObject({ code: 'VAULT_DAMAGED' })
  })

  it('refuses a wrong current passphrase and a short new one, and changes nothing', async () => {
    await using vault = vaultAt(copyOf('refused'))
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const before = readFileSync(join(vault.homePath, 'vault', 'keyslots.json'))
    await expect(vault.api.vault.changePassphrase({ current: secret('wrong wrong wrong'), next: secret(NEXT_PASSPHRASE) })).rejects.toMatchObject({ code: 'PASSPHRASE_INCORRECT' })
    await expect(vault.api.vault.changePassphrase({ current: secret(PASSPHRASE), next: secret('short') })).rejects.toMatchObject({ code: 'PASSPHRASE_TOO_SHORT' })
    expect(readFileSync(join(vault.homePath, 'vault', 'keyslots.json'))).toEqual(before)
  })

  it('survives being killed at any step: one of the two passphrases opens everything, and it can be changed again', async () => {
    const steps = Number((await killedAt(copyOf('survivor'), 'change-passphrase', 1_000)).output)
    expect(steps).toBeGreaterThanOrEqual(8)
    const opened: string[] = []
    for (let step = 0; step < steps; step++) {
      const home = copyOf(`step-${step}`)
      expect((await killedAt(home, 'change-passphrase', step)).signal).toBe('SIGKILL')
      await using vault = vaultAt(home)
      const passphrase = await whichOpens(vault)
      opened.push(passphrase)
      await decrypts(vault)
      await vault.api.vault.changePassphrase({ current: secret(passphrase), next: secret('a third horse battery') })
      await vault.api.vault.lock({})
      await vault.api.session.signIn({ passphrase: secret('a third horse battery') })
      await decrypts(vault)
    }
    expect(opened[0]).toBe(PASSPHRASE)
    expect(opened.at(-1)).toBe(NEXT_PASSPHRASE)
  }, 120_000)
})

describe('the recovery code', () => {
  it('opens the vault once the passphrase is lost, and demands a new one', async () => {
    await using vault = temporaryHome()
    const { recoveryCode = '' } = await vault.api.vault.initialise({ passphrase: secret(PASSPHRASE), recovery: true })
    const { KeyMetadata } = await vault.api.kms.CreateKey({})
    await vault.api.vault.lock({})
    const typed = recoveryCode.toLowerCase().replaceAll('-', ' ')
    await vault.api.vault.recover({ code: secret(typed), next: secret(NEXT_PASSPHRASE) })
    expect((await vault.api.kms.ListKeys({})).Keys[0]?.KeyId).toBe(KeyMetadata.KeyId)
    await vault.api.vault.lock({})
    await expect(vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })).rejects.toMatchObject({ code: 'PASSPHRASE_INCORRECT' })
    await vault.api.session.signIn({ passphrase: secret(NEXT_PASSPHRASE) })
    // The passphrase can be changed as before, and the code still is good.
    await vault.api.vault.changePassphrase({ current: secret(NEXT_PASSPHRASE), next: secret(PASSPHRASE) })
    await vault.api.vault.recover({ code: secret(recoveryCode), next: secret(NEXT_PASSPHRASE) })
    expect((await vault.api.kms.ListKeys({})).Keys).toHaveLength(1)
  })

  it('is refused when it is mistyped, or is another vault\'s', async () => {
    await using vault = temporaryHome()
    await using other = temporaryHome()
    const { recoveryCode = '' } = await vault.api.vault.initialise({ passphrase: secret(PASSPHRASE), recovery: true })
    const { recoveryCode: foreign = '' } = await other.api.vault.initialise({ passphrase: secret(PASSPHRASE), recovery: true })
    await vault.api.vault.lock({})
    const slip = (recoveryCode.startsWith('A') ? 'B' : 'A') + recoveryCode.slice(1)
    for (const code of [slip, foreign, 'nonsense']) {
      await expect(vault.api.vault.recover({ code: secret(code), next: secret(NEXT_PASSPHRASE) })).rejects.toMatchObject({ code: 'RECOVERY_CODE_INVALID' })
    }
    expect((await vault.api.vault.status({})).state).toBe('locked')
  })

  it('does not exist unless it was asked for', async () => {
    await using vault = vaultAt(copyOf('no-recovery'))
    expect((await vault.api.vault.status({})).hasRecovery).toBe(false)
    await expect(vault.api.vault.recover({ code: secret('x'), next: secret(NEXT_PASSPHRASE) })).rejects.toMatchObject({ code: 'RECOVERY_NOT_SET_UP' })
  })
})

async function whichOpens(vault: TemporaryVault): Promise<string> {
  try {
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    return PASSPHRASE
  } catch (error) {
    expect(error).toMatchObject({ code: 'PASSPHRASE_INCORRECT' })
    await vault.api.session.signIn({ passphrase: secret(NEXT_PASSPHRASE) })
    return NEXT_PASSPHRASE
  }
}

async function decrypts(vault: TemporaryVault): Promise<void> {
  expect(text((await vault.api.kms.Decrypt({ CiphertextBlob: Uint8Array.from(ciphertext) })).Plaintext)).toBe('kept')
}

function copyOf(name: string): string {
  const copy = join(folder, name)
  cpSync(pristine, copy, { recursive: true })
  return copy
}
