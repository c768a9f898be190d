import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Hsm, MemberConfig, ModuleConfig } from '#core/ports/hsm.ts'
import { unreachable } from '#core/vocabulary/failures.ts'
import { forkHost } from '#hsm/fork.ts'
import { createHsm } from '#hsm/hsm.ts'
import { hostFile, newMemberId } from './soft-token.ts'

/** Where Debian's libnss3 puts softokn3, on the processors that we know. */
export const nssLibrary = ['/usr/lib/x86_64-linux-gnu/libsoftokn3.so', '/usr/lib/aarch64-linux-gnu/libsoftokn3.so'].find((path) => existsSync(path))

/** An NSS database in a folder of its own, whose user token is ready. */
export interface NssToken extends AsyncDisposable {
  readonly hsm: Hsm
  readonly config: MemberConfig
  readonly pin: string
}

export async function nssToken(library: string): Promise<NssToken> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-nss-'))
  await mkdir(join(folder, 'db'))
  const parameters = `configdir='sql:${join(folder, 'db')}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=readWrite`
  const pin = 'nss-test-1234'
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'nss-setup.ts'), library, parameters, pin])
  const module: ModuleConfig = { library, parameters }
  const hsm = createHsm({ spawnHost: forkHost(hostFile) })
  const token = (await hsm.tokens(module)).find(({ initialised, label }) => initialised && label.includes('Certificate')) ?? unreachable('NSS without its user token')
  return {
    hsm,
    pin,
    config: { id: newMemberId(), name: 'NSS', module, serial: token.serial },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
