import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBase64, toBase64 } from '#core/vocabulary/bytes.ts'
import { z } from '#contract/zod.ts'
import { isOurs } from './address.ts'
import { PROOF_LENGTH } from './proof.ts'

// docs/spec/local-socket-v1.md, "The owner file".

/** Where the owner of a vault listens, and the secret that both ends prove. */
export interface Owner {
  readonly address: string
  readonly secret: Uint8Array
}

const ownerForm = z.object({
  format: z.literal('holdfast/owner/v1'),
  address: z.string().min(1),
  secret: z.string(),
  pid: z.int(),
})

/** Undefined if there is no owner file, or none that may be trusted. */
export function readOwnerFile(homePath: string): Owner | undefined {
  const text = readPrivateFile(ownerFile(homePath))
  if (text === undefined) return undefined
  const parsed = ownerForm.safeParse(parseJson(text))
  const secret = parsed.success ? fromBase64(parsed.data.secret) : undefined
  if (!parsed.success || secret?.length !== PROOF_LENGTH) return undefined
  return { address: parsed.data.address, secret }
}

/** Replaces the owner file in one step. For the holder of the vault's lock only. */
export function writeOwnerFile(homePath: string, owner: Owner): void {
  const path = ownerFile(homePath)
  const text = JSON.stringify({ format: 'holdfast/owner/v1', address: owner.address, secret: toBase64(owner.secret), pid: process.pid })
  replacePrivateFile(path, `${text}\n`)
}

/** For the holder of the vault's lock only. */
export function removeOwnerFile(homePath: string): void {
  rmSync(ownerFile(homePath), { force: true })
}

/** Writes beside and renames, mode 0600. A reader sees the old file or the new one. */
export function replacePrivateFile(path: string, text: string): void {
  const beside = `${path}.new`
  rmSync(beside, { force: true })
  writeFileSync(beside, text, { mode: 0o600, flag: 'wx' })
  renameSync(beside, path)
}

/** The text of a small file; undefined if there is none, or if somebody else owns it or may read it. Follows no symbolic link. */
export function readPrivateFile(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | noFollow)
  } catch (error) {
    if (error instanceof Error && 'code' in error && absences.has(String(error.code))) return undefined
    throw error
  }
  try {
    const found = fstatSync(file)
    return found.isFile() && isOurs(found) && found.size <= 65536 ? readFileSync(file, 'utf8') : undefined
  } finally {
    closeSync(file)
  }
}

/** Windows has no such flag; its links need rights that other users do not have. */
const noFollow = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW

/** What openSync says of a file that is not there for us. */
const absences: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM'])

function ownerFile(homePath: string): string {
  return join(homePath, 'owner.json')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
