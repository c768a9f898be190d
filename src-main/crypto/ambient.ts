import { randomFillSync, randomUUID } from 'node:crypto'
import type { AbortSignalLike, Ambient } from '#core/ports/ambient.ts'
import { VaultError } from '#core/vocabulary/failures.ts'

/** setTimeout fires at once for more (a signed 32-bit number of milliseconds). */
const LONGEST_TIMEOUT = 0x7fff_ffff

/** The Ambient port: the system's clocks and its random generator. */
export function createAmbient(): Ambient {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    wait,
    uuid: () => randomUUID(),
    random: (length) => randomFillSync(new Uint8Array(length)),
  }
}

async function wait(milliseconds: number, signal?: AbortSignalLike): Promise<void> {
  const end = performance.now() + milliseconds
  for (let left = milliseconds; left > 0; left = end - performance.now()) await sleep(Math.min(left, LONGEST_TIMEOUT), signal)
  if (signal?.aborted) throw new VaultError('CANCELLED')
}

function sleep(milliseconds: number, signal: AbortSignalLike | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new VaultError('CANCELLED'))
      return
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', cancel)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', cancel, { once: true })
    function cancel(): void {
      clearTimeout(timer)
      reject(new VaultError('CANCELLED'))
    }
  })
}
