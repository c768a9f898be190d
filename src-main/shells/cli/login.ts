import { rmSync } from 'node:fs'
import { fromBase64, toBase64 } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { receivedFailure } from '../failures.ts'
import { sessionFile } from '../local/address.ts'
import { readPrivateFile, replacePrivateFile } from '../local/owner-file.ts'
import type { Access } from './access.ts'
import { type Globals, passphraseSource } from './globals.ts'
import { lend, readSecret } from './secrets.ts'

/** Signs this command in: by the token of `login` if the running owner still knows it, else by the passphrase. */
export async function signIn(access: Access, globals: Globals): Promise<void> {
  if (await resumeLogin(access)) return
  await requireVault(access)
  using passphrase = await readSecret(passphraseSource(globals))
  await lend(passphrase, (bytes) => access.api.session.signIn({ passphrase: bytes }))
}

/** Throws VAULT_NOT_INITIALISED before a person types a passphrase for nothing. */
export async function requireVault(access: Access): Promise<void> {
  const { state } = await access.api.vault.status({})
  if (state === 'none') throw new VaultError('VAULT_NOT_INITIALISED')
}

/** True if a login of this person is at hand and the owner still knows it; one that has ended is forgotten. */
export async function resumeLogin(access: Access): Promise<boolean> {
  const token = access.ownerAddress === undefined ? undefined : readLogin(access.ownerAddress)
  if (token === undefined) return false
  try {
    await access.api.session.resume({ token })
    return true
  } catch (error) {
    if (!endings.has(receivedFailure(error)?.code ?? '')) throw error
    forgetLogin(access)
    return false
  } finally {
    token.fill(0)
  }
}

/** Keeps the token of the connection's principal beside the owner's socket. */
export function keepLogin(access: Access, token: Uint8Array): void {
  if (access.ownerAddress === undefined) return
  replacePrivateFile(sessionFile(access.ownerAddress), `${toBase64(token)}\n`)
  token.fill(0)
}

export function forgetLogin(access: Access): void {
  if (access.ownerAddress !== undefined) rmSync(sessionFile(access.ownerAddress), { force: true })
}

const endings: ReadonlySet<string> = new Set(['SESSION_ENDED', 'NOT_SIGNED_IN', 'VAULT_LOCKED', 'VAULT_NOT_INITIALISED'])

function readLogin(ownerAddress: string): Uint8Array<ArrayBuffer> | undefined {
  const text = readPrivateFile(sessionFile(ownerAddress))
  return text === undefined ? undefined : fromBase64(text.trimEnd())
}
