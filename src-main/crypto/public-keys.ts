import { hash as hashOf } from 'node:crypto'
import type { PublicKeyCrypto } from '#core/ports/public-key-crypto.ts'
import { ecdsaVerify, ed25519Verify, point } from './curves.ts'
import { generatePair } from './data-pairs.ts'
import { plain } from './plain.ts'
import { generateSeed, mlDsaSign, mlDsaVerify, mlKemDecapsulate, mlKemEncapsulate } from './post-quantum.ts'
import { rsaEncrypt, rsaVerify } from './rsa.ts'

export function createPublicKeyCrypto(): PublicKeyCrypto {
  return {
    hash: (name, data) => plain(hashOf(name, data, 'buffer')),
    ecdsaVerify,
    ed25519Verify,
    rsaVerify,
    rsaEncrypt,
    point,
    generatePair,
    generateSeed,
    mlDsaSign,
    mlDsaVerify,
    mlKemEncapsulate,
    mlKemDecapsulate,
  }
}
