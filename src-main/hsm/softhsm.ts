import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { knownModules } from '#core/tokens/modules.ts'
import { VaultError } from '#core/vocabulary/failures.ts'

/** Below the folder into which the set-up unpacks Debian's packages without root. */
const unpacked = [
  'softhsm/usr/lib/softhsm/libsofthsm2.so',
  'softhsm/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  'softhsm/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
]

/**
 * The library of the SoftHSM at hand: HOLDFAST_SOFTHSM if it is set (then no other), one that the set-up unpacked below `tools`,
 * one that is installed. Throws MODULE_NOT_FOUND.
 */
export async function findSoftHsm(environment: NodeJS.ProcessEnv, tools: string | undefined): Promise<string> {
  const named = environment['HOLDFAST_SOFTHSM']
  const candidates =
    named !== undefined && named !== ''
      ? [named]
      : [...(tools === undefined ? [] : unpacked.map((path) => join(tools, path))), ...installed()]
  for (const path of candidates) if (await exists(path)) return path
  throw new VaultError('MODULE_NOT_FOUND', { looked: candidates.join(', ') })
}

/**
 * Writes the configuration of a SoftHSM whose tokens lie in the folder, beside the folder, and returns its path (SOFTHSM2_CONF).
 * Creates the folder where it is missing. Both are readable by their owner only. Throws HSM_UNAVAILABLE for a path that
 * SoftHSM's configuration cannot hold.
 */
export async function writeSoftHsmConfiguration(tokenDirectory: string): Promise<string> {
  if (UNWRITABLE.test(tokenDirectory)) {
    throw new VaultError('HSM_UNAVAILABLE', { member: 'SoftHSM', reason: 'its configuration cannot name a folder whose path holds #, = or a line break, or ends with a blank' })
  }
  await mkdir(tokenDirectory, { recursive: true, mode: 0o700 })
  const path = join(dirname(tokenDirectory), 'softhsm2.conf')
  const wanted = configuration(tokenDirectory)
  if ((await existing(path)) !== wanted) {
    // A name of its own: several hosts of one module may be started at once.
    const part = `${path}.${randomUUID()}.part`
    await writeFile(part, wanted, { mode: 0o600, flag: 'wx' })
    await rename(part, path)
  }
  return path
}

/** SoftHSM 2.6 reads `name = value` lines without quoting: # begins a comment, a second = spoils the line, blanks at the ends are cut. */
const UNWRITABLE = /[#=\r\n]|^\s|\s$/

function configuration(tokenDirectory: string): string {
  return [
    '# Written by Holdfast at each start of this SoftHSM; changes are lost.',
    `directories.tokendir = ${tokenDirectory}`,
    'objectstore.backend = file',
    'log.level = ERROR',
    'slots.removable = false',
    'slots.mechanisms = ALL',
    'library.reset_on_fork = false',
    '',
  ].join('\n')
}

/** Where packages put its library on this platform. */
function installed(): readonly string[] {
  const paths: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = knownModules.softhsm.paths
  return paths[process.platform] ?? []
}

async function existing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}
