import { randomInt, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hsm, MemberConfig, ModuleConfig, TokenFacts } from '#core/ports/hsm.ts'
import { asMemberId } from '#core/vocabulary/ids.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { forkHost } from '#hsm/fork.ts'
import type { SpawnHost } from '#hsm/host-process.ts'
import { createHsm, type HsmOptions } from '#hsm/hsm.ts'

const root = join(import.meta.dirname, '..', '..')
/** The host's entry in the source tree, which Node runs without a build. */
export const hostFile = join(root, 'src-main/hsm/host/main.ts')
/** Where the set-up unpacks a SoftHSM. */
export const tools = join(root, '.tools')

/** An initialised SoftHSM token in a folder of its own. */
export interface SoftToken extends AsyncDisposable {
  readonly module: ModuleConfig
  readonly facts: TokenFacts
  readonly serial: string
  readonly pin: string
  readonly soPin: string
  /** The folder that holds the tokens' folder and `softhsm2.conf`. */
  readonly folder: string
  readonly spawnHost: SpawnHost
  /** An Hsm whose hosts this token's tests may use. */
  hsm(options?: Partial<HsmOptions>): Hsm
  /** A member of this token, called `SoftHSM` unless named. */
  config(name?: string): MemberConfig
  /** Removes the folder. Close members first. */
  dispose(): Promise<void>
}

/** Makes a token. `environment` goes to every host that its Hsm starts. */
export async function softToken(options: { module?: ModuleConfig; folder?: string; environment?: NodeJS.ProcessEnv } = {}): Promise<SoftToken> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'holdfast-token-')))
  const module: ModuleConfig = { library: 'softhsm', tokenDirectory: join(folder, 'tokens'), ...options.module }
  const spawnHost = forkHost(hostFile, { ...process.env, ...options.environment })
  const hsm: SoftToken['hsm'] = (more) => createHsm({ spawnHost, tools, ...more })
  const pin = digits(12)
  const soPin = digits(12)
  using user = Secret.fromText(pin)
  using officer = Secret.fromText(soPin)
  const facts = await hsm().initialiseToken(module, { label: 'Holdfast test', soPin: officer, pin: user })
  const dispose = () => rm(folder, { recursive: true, force: true })
  return {
    module, facts, serial: facts.serial, pin, soPin, folder, spawnHost, hsm, dispose,
    config: (name = 'SoftHSM') => ({ id: newMemberId(), name, module, serial: facts.serial }),
    [Symbol.asyncDispose]: dispose,
  }
}

function digits(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('')
}

export function newMemberId(): MemberConfig['id'] {
  const id = asMemberId(randomUUID())
  if (id === undefined) throw new Error('randomUUID gave no UUID')
  return id
}
