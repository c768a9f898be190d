import type { MemberSession } from '#core/ports/hsm.ts'
import { libraryFailed } from './failures.ts'
import type { Call } from './protocol.ts'

/** The port's calls over whatever carries them: a link directly while the owner reconciles, the member's gate for everybody else. */
export function createSession(call: Call): MemberSession {
  return {
    generateKey: ({ kind, ckaId, label }) => call('generateKey', kind, ckaId, label),
    findKey: (ckaId) => call('findKey', ckaId),
    findKeys: (labelPrefix) => call('findKeys', labelPrefix),
    destroyKey: ({ ckaId, label }) => call('destroyKey', ckaId, label),
    encrypt: ({ ckaId, iv, aad, plaintext }) => call('encrypt', ckaId, iv, aad, plaintext),
    encryptRandom: ({ ckaId, iv, aad, length }) => call('encryptRandom', ckaId, iv, aad, length),
    decrypt: ({ ckaId, iv, aad, sealed }) => call('decrypt', ckaId, iv, aad, sealed),
    mac: ({ ckaId, data }) => call('mac', ckaId, data),
    random: (length) => call('random', length),
    sealingProfile: async () => ({
      aesGcm: await survived(call('profileGcm')),
      hmacSha256: await survived(call('profileHmac')),
    }),
  }
}

/** A library that crashes or hangs when it is tried out cannot do it: that is a result, not a failure (caml-crush does so on GCM). */
async function survived(trial: Promise<boolean>): Promise<boolean> {
  try {
    return await trial
  } catch (error) {
    if (libraryFailed(error)) return false
    throw error
  }
}
