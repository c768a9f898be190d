import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findSoftHsm } from '#hsm/softhsm.ts'
import { faultModule } from '../fault-module/build.ts'
import { softToken, tools, type SoftToken } from './soft-token.ts'

/** A SoftHSM token behind the fault module (test/fault-module/fault.c tells what a line may say). */
export interface FaultyToken extends SoftToken {
  /** From now on these lines hold, and no others. */
  faults(...lines: string[]): Promise<void>
  /** The PKCS#11 functions called since the token was made or `trace` was last called, in order. */
  trace(): Promise<string[]>
}

export async function faultyToken(): Promise<FaultyToken> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-faulty-'))
  const faultFile = join(folder, 'faults')
  const traceFile = join(folder, 'trace')
  const faults = (...lines: string[]) => writeFile(faultFile, lines.map((line) => `${line}\n`).join(''))
  await faults()
  await writeFile(traceFile, '')
  const token = await softToken({
    folder,
    module: { library: await faultModule(), tokenDirectory: join(folder, 'tokens') },
    environment: {
      HOLDFAST_FAULT_MODULE: await findSoftHsm(process.env, tools),
      HOLDFAST_FAULT_FILE: faultFile,
      HOLDFAST_FAULT_TRACE: traceFile,
    },
  })
  let seen = (await calls(traceFile)).length
  const trace = async () => {
    const all = await calls(traceFile)
    const since = all.slice(seen)
    seen = all.length
    return since
  }
  return { ...token, faults, trace }
}

async function calls(traceFile: string): Promise<string[]> {
  return (await readFile(traceFile, 'utf8')).split('\n').slice(0, -1)
}
