import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'

// docs/spec/local-socket-v1.md, "The address".

/** macOS has 104 bytes for sun_path, Linux 108, each with its terminator. */
const LONGEST = 103
const TEMPORARY = 'holdfast-'
const PIPE = '\\\\.\\pipe\\holdfast-'

/**
 * Chooses where the owner of this home listens, makes the folder, and removes what an owner before it left at that place.
 * For the holder of the vault's lock only. `environment` as in process.env.
 */
export function chooseAddress(homePath: string, environment: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32') return PIPE + randomBytes(16).toString('hex')
  return inRuntimeFolder(homePath, environment['XDG_RUNTIME_DIR']) ?? inTemporaryFolder(tmpdir()) ?? inTemporaryFolder('/tmp') ?? tooLong()
}

/** True if the address lies in a folder that only this user can enter; always true for a pipe, whose random name is the protection. */
export function isPrivateAddress(address: string): boolean {
  return isPipe(address) || (isAbsolute(address) && isPrivateFolder(dirname(address)))
}

/** Where `login` keeps its token for the owner at this address. */
export function sessionFile(address: string): string {
  return `${besideOf(address)}.session`
}

/** Where the owner at this address leaves a browser its way to the console. */
export function openingFile(address: string): string {
  return `${besideOf(address)}.open.html`
}

/**
 * Removes what an owner leaves behind at its address: socket, login token, a browser's way in, and the folder if it was a temporary one.
 * For the holder of the vault's lock only. Touches nothing in a folder that others can enter.
 */
export function clearAddress(address: string): void {
  if (!isPrivateAddress(address)) return
  for (const path of [sessionFile(address), openingFile(address)]) rmSync(path, { force: true })
  if (isPipe(address)) return
  if (lstatSync(address, { throwIfNoEntry: false })?.isSocket() === true) rmSync(address)
  if (basename(dirname(address)).startsWith(TEMPORARY)) removeIfEmpty(dirname(address))
}

/** A real folder of this user's that nobody else may enter. */
export function isPrivateFolder(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found !== undefined && found.isDirectory() && isOurs(found)
}

/** Owned by this user, and nothing allowed to anybody else. Windows keeps both in its ACLs, which a profile's folders inherit. */
export function isOurs(found: { readonly uid: number; readonly mode: number }): boolean {
  return process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o077) === 0)
}

function isPipe(address: string): boolean {
  return address.startsWith(PIPE)
}

/** A path beside the socket, less its ending; a pipe lies in no folder. */
function besideOf(address: string): string {
  if (isPipe(address)) return join(tmpdir(), address.slice(PIPE.length - TEMPORARY.length))
  return join(dirname(address), basename(address, '.sock'))
}

function inRuntimeFolder(homePath: string, runtime: string | undefined): string | undefined {
  if (runtime === undefined || !isAbsolute(runtime) || !isPrivateFolder(runtime)) return undefined
  const folder = join(runtime, 'holdfast')
  const hash = createHash('sha256').update(realpathSync(homePath)).digest('hex').slice(0, 32)
  const address = join(folder, `${hash}.sock`)
  if (Buffer.byteLength(address) > LONGEST) return undefined
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!isPrivateFolder(folder)) return undefined
  clearAddress(address)
  return address
}

function inTemporaryFolder(parent: string): string | undefined {
  const longest = join(parent, `${TEMPORARY}XXXXXX`, 'owner.sock')
  if (Buffer.byteLength(longest) > LONGEST) return undefined
  const folder = mkdtempSync(join(parent, TEMPORARY))
  // mkdtemp makes it 0700 less the umask; an odd umask must not lock us out.
  chmodSync(folder, 0o700)
  return join(folder, 'owner.sock')
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    // Something of another program lies in it: not ours to remove.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'ENOENT'))) throw error
  }
}

function tooLong(): never {
  throw new Error('no folder for a socket has a path of at most 103 bytes')
}
