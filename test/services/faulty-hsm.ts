import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hsm } from '#core/ports/hsm.ts'
import { forkHost } from '#hsm/fork.ts'
import { createHsm } from '#hsm/hsm.ts'
import { findSoftHsm } from '#hsm/softhsm.ts'
import { hostProgram, toolsFolder } from '#shells/places.ts'
import { faultModule } from '../fault-module/build.ts'

/** An Hsm whose `softhsm` is SoftHSM behind the fault module (test/fault-module/fault.c tells what a line may say). */
export interface FaultyHsm extends Disposable {
  readonly hsm: Hsm
  /** From now on these lines hold, and no others. */
  faults(...lines: string[]): void
  /** How often the token was asked for a PKCS#11 function. */
  calls(name: string): number
}

export async function faultyHsm(): Promise<FaultyHsm> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-faults-'))
  const file = join(folder, 'faults')
  const trace = join(folder, 'trace')
  writeFileSync(file, '')
  writeFileSync(trace, '')
  const real = await findSoftHsm(process.env, toolsFolder())
  const named = process.env['HOLDFAST_SOFTHSM']
  process.env['HOLDFAST_SOFTHSM'] = await faultModule()
  const environment = { ...process.env, HOLDFAST_FAULT_MODULE: real, HOLDFAST_FAULT_FILE: file, HOLDFAST_FAULT_TRACE: trace }
  return {
    // Short deadlines: a hang must not make the test wait for what a person would.
    hsm: createHsm({ spawnHost: forkHost(hostProgram(), environment), deadlines: { symmetric: 400, privateKey: 2_000, trial: 2_000, login: 2_000 } }),
    faults: (...lines) => { writeFileSync(file, lines.map((line) => `${line}\n`).join('')) },
    calls: (name) => readFileSync(trace, 'utf8').split('\n').filter((line) => line === name).length,
    [Symbol.dispose]() {
      process.env['HOLDFAST_SOFTHSM'] = named
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
