import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ModuleConfig } from '#core/ports/hsm.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Deadlines } from './deadlines.ts'
import type { SpawnHost } from './host-process.ts'
import { HostLink } from './link.ts'
import { findSoftHsm, writeSoftHsmConfiguration } from './softhsm.ts'

/** A module that can be loaded: the library's absolute path and what its host's environment needs. */
export interface PreparedModule {
  readonly library: string
  readonly parameters: string | undefined
  readonly environment: Readonly<Record<string, string>>
}

/** Starts hosts for modules. */
export class Hosts {
  readonly #spawn: SpawnHost
  readonly #deadlines: Deadlines
  readonly #tools: string | undefined

  /** `tools` is the folder into which the set-up unpacks a SoftHSM; undefined where there is none. */
  constructor(spawn: SpawnHost, deadlines: Deadlines, tools: string | undefined) {
    this.#spawn = spawn
    this.#deadlines = deadlines
    this.#tools = tools
  }

  /** Throws MODULE_NOT_FOUND. */
  async prepare(module: ModuleConfig): Promise<PreparedModule> {
    const library = module.library === 'softhsm' ? await findSoftHsm(process.env, this.#tools) : module.library
    if (!(await isFile(library))) throw new VaultError('MODULE_NOT_FOUND', { looked: library })
    const environment = module.tokenDirectory === undefined ? {} : { SOFTHSM2_CONF: await writeSoftHsmConfiguration(module.tokenDirectory) }
    return { library, parameters: module.parameters, environment }
  }

  /** A host with nothing loaded yet. */
  start({ environment }: PreparedModule): HostLink {
    return new HostLink(this.#spawn(environment), this.#deadlines)
  }
}

/** For messages about a module that no member names: the library's file name. */
export function moduleName(module: ModuleConfig): string {
  return module.library === 'softhsm' ? 'SoftHSM' : basename(module.library)
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return false
    throw error
  }
}
