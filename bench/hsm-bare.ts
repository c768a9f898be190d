// How fast the token is by itself, and how much of that is left behind the process border. Run alone, it prints its rows:
// `node bench/hsm-bare.ts [seconds]`.

import { randomBytes } from 'node:crypto'
import type { HsmMember } from '#core/ports/hsm.ts'
import { asBuffer } from '#hsm/host/bytes.ts'
import { gcmEncrypt } from '#hsm/host/gcm.ts'
import { findToken, loadLibrary } from '#hsm/host/library.ts'
import { OpenToken } from '#hsm/host/token.ts'
import { findSoftHsm, writeSoftHsmConfiguration } from '#hsm/softhsm.ts'
import { testOwner } from '../test/hsm/owner.ts'
import { softToken, tools, type SoftToken } from '../test/hsm/soft-token.ts'

export interface Row {
  readonly what: string
  readonly callers: number
  readonly callsPerSecond: number
}

/** Bytes of each message: a data key. */
const LENGTH = 32

/** AES-GCM of 32 bytes on SoftHSM: bare, then through a host at 1, 16 and 128 callers. `seconds` for each row. */
export async function measureHsm(seconds: number): Promise<Row[]> {
  await using token = await softToken()
  const member = token.hsm().member(token.config(), testOwner(token.pin))
  await member.open()
  const ckaId = randomBytes(32)
  try {
    await member.session.generateKey({ kind: 'aes-256', ckaId, label: 'holdfast:bench:aes' })
    const hosted: Row[] = []
    for (const callers of [1, 16, 128]) hosted.push(await measureHosted(member, ckaId, { callers, seconds }))
    // Last, because the library then stays in this process; and after the member has let go of the token.
    await member.close()
    return [await measureBare(token, ckaId, seconds), ...hosted]
  } finally {
    await member.close()
  }
}

/** C_EncryptInit and C_Encrypt in this process, one call after the other: nothing on the way can be faster. */
export async function measureBare(token: SoftToken, ckaId: Uint8Array, seconds: number): Promise<Row> {
  if (token.module.tokenDirectory !== undefined) process.env['SOFTHSM2_CONF'] = await writeSoftHsmConfiguration(token.module.tokenDirectory)
  const library = loadLibrary(await findSoftHsm(process.env, tools), undefined)
  const found = findToken(library, token.serial)
  if (found === undefined) throw new Error('the token of the benchmark is not there')
  const open = new OpenToken(library, found.slot, { loginRequired: true })
  open.login(asBuffer(Buffer.from(token.pin)))
  const aad = randomBytes(32)
  const plaintext = randomBytes(LENGTH)
  const calls = open.withKey(ckaId, (session, key) => {
    let done = 0
    const end = performance.now() + seconds * 1000
    do {
      for (let i = 0; i < 100; i++) gcmEncrypt(library.functions, session, key, Buffer.alloc(12, done), aad, plaintext)
      done += 100
    } while (performance.now() < end)
    return done
  })
  library.functions.C_Finalize()
  return { what: 'bare token', callers: 1, callsPerSecond: Math.round(calls / seconds) }
}

/** The same through the member: protocol, batches, process border and back. Each caller waits for its answer before it asks again. */
export async function measureHosted(member: HsmMember, ckaId: Uint8Array, load: { callers: number; seconds: number }): Promise<Row> {
  const aad = randomBytes(32)
  const plaintext = randomBytes(LENGTH)
  let done = 0
  const started = performance.now()
  const end = started + load.seconds * 1000
  await Promise.all(
    Array.from({ length: load.callers }, async () => {
      do {
        await member.session.encrypt({ ckaId, iv: randomBytes(12), aad, plaintext })
        done++
      } while (performance.now() < end)
    }),
  )
  const callsPerSecond = Math.round(done / ((performance.now() - started) / 1000))
  return { what: 'through a host', callers: load.callers, callsPerSecond }
}

if (import.meta.main) {
  for (const { what, callers, callsPerSecond } of await measureHsm(Number(process.argv[2] ?? 2))) {
    process.stdout.write(`${what.padEnd(16)} ${String(callers).padStart(4)} callers ${String(callsPerSecond).padStart(8)} calls/s\n`)
  }
}
