import type { MemberSession } from '#core/ports/hsm.ts'
import type { Call } from './protocol.ts'

/** The port's calls over whatever carries them: a link directly while the owner reconciles, the member's gate for everybody else. */
export function createSession(call: Call): MemberSession {
  return {
    generateKey: ({ kind, ckaId, label }) => call('generateKey', kind, ckaId, label),
    importKey: ({ kind, wrapping, wrapped, expected, name }) => call('importKey', kind, wrapping.ckaId, wrapping.algorithm, wrapped, expected, name),
    findKey: (ckaId) => call('findKey', ckaId),
    findKeys: (labelPrefix) => call('findKeys', labelPrefix),
    destroyKey: ({ ckaId, label }) => call('destroyKey', ckaId, label),
    encrypt: ({ ckaId, iv, aad, plaintext }) => call('encrypt', ckaId, iv, aad, plaintext),
    encryptRandom: ({ ckaId, iv, aad, length }) => call('encryptRandom', ckaId, iv, aad, length),
    decrypt: ({ ckaId, iv, aad, sealed }) => call('decrypt', ckaId, iv, aad, sealed),
    mac: ({ ckaId, data, kind = 'hmac-256' }) => call('mac', ckaId, data, kind),
    sign: ({ ckaId, scheme, data }) => call('sign', ckaId, scheme, data),
    rsaDecrypt: ({ ckaId, scheme, ciphertext }) => call('rsaDecrypt', ckaId, scheme, ciphertext),
    derive: ({ ckaId, point }) => call('derive', ckaId, point),
    attributes: (ckaId) => call('attributes', ckaId),
    random: (length) => call('random', length),
  }
}
