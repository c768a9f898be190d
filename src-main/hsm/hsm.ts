import { homedir } from 'node:os'
import type { Hsm, ModuleConfig, ModuleFacts } from '#core/ports/hsm.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { defaultBackoff, type BackoffTimes } from './backoff.ts'
import { defaultDeadlines, type Deadlines } from './deadlines.ts'
import { failureOf } from './failures.ts'
import { findModules, type FoundModule } from './finder.ts'
import type { PinEntry, SpawnHost } from './host-process.ts'
import { Hosts, moduleName } from './hosts.ts'
import type { HostLink } from './link.ts'
import { Member } from './member.ts'

export interface HsmOptions {
  /** How to start a host process: `forkHost(path)` under Node. */
  readonly spawnHost: SpawnHost
  /** Milliseconds per class of call, where they differ from the usual ones. */
  readonly deadlines?: Partial<Deadlines> | undefined
  readonly backoff?: BackoffTimes | undefined
  /** How a person types a PIN that is not stored; undefined where there is no way past the owner. */
  readonly enterPin?: PinEntry | undefined
  /** The folder into which the set-up unpacked a SoftHSM (`.tools` of the source tree). */
  readonly tools?: string | undefined
}

/** The adapter of the Hsm port. */
export function createHsm(options: HsmOptions): Hsm {
  const hosts = new Hosts(options.spawnHost, { ...defaultDeadlines, ...options.deadlines }, options.tools)
  const backoff = options.backoff ?? defaultBackoff

  /** Runs work on a host that ends with it. */
  async function withHost<T>(module: ModuleConfig, name: string, work: (link: HostLink) => Promise<T>): Promise<T> {
    const prepared = await hosts.prepare(module)
    const link = hosts.start(prepared)
    try {
      await link.call('load', [prepared.library, prepared.parameters])
      return await work(link)
    } catch (thrown) {
      throw failureOf(thrown, name).error
    } finally {
      link.end('closed', 'it is done')
      await link.exited
    }
  }

  async function probe({ name, module, source, pinFormat, example }: FoundModule): Promise<ModuleFacts> {
    const found = { name, module, source, pinFormat }
    if (example !== undefined && module.parameters === undefined) return { ...found, outcome: { state: 'needs-parameters', example } }
    try {
      return { ...found, outcome: { state: 'answers', tokens: await withHost(module, name, (link) => link.call('tokens', [])) } }
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      return { ...found, outcome: { state: 'fails', failure: { code: error.code, text: error.message } } }
    }
  }

  return {
    modules: async () => Promise.all((await findModules(process.platform, process.env, homedir())).map(probe)),
    tokens: (module) => withHost(module, moduleName(module), (link) => link.call('tokens', [])),
    initialiseToken: (module, { label, soPin, pin }) =>
      withHost(module, moduleName(module), (link) => link.call('initialise', [label, soPin.bytes, pin.bytes])),
    member: (config, owner) => new Member(config, owner, { hosts, backoff, enterPin: options.enterPin }),
  }
}
