import { createHash } from 'node:crypto'
import { createCrypto } from '#crypto/crypto.ts'
import { createAmbient } from '#crypto/ambient.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'

const BASE_POINT = Uint8Array.of(9, ...new Uint8Array(31))

/** The real ports, with bytes that depend on the seed alone: for vectors whose regeneration is a no-op. */
export function fixedRandomness(seed: string): { crypto: Crypto; ambient: Ambient } {
  const real = createCrypto()
  let block = 0
  let rest = new Uint8Array()
  const crypto: Crypto = {
    ...real,
    x25519Generate() {
      const privateKey = random(32)
      return { privateKey, publicKey: real.x25519(privateKey, BASE_POINT) ?? new Uint8Array(32) }
    },
  }
  return { crypto, ambient: { ...createAmbient(), random, uuid } }

  function random(length: number): Uint8Array<ArrayBuffer> {
    while (rest.length < length) {
      rest = Uint8Array.of(...rest, ...createHash('sha256').update(`${seed} ${block}`).digest())
      block++
    }
    const taken = rest.slice(0, length)
    rest = rest.slice(length)
    return taken
  }

  function uuid(): string {
    const hex = Buffer.from(random(16)).toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
  }
}
