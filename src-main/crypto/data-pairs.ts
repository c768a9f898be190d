import { generateKeyPair, type KeyPairKeyObjectResult } from 'node:crypto'
import { promisify } from 'node:util'
import { algorithmIdentifier, publicKeyInfo } from '#core/keys/public-keys.ts'
import type { PublicKeyCrypto } from '#core/ports/public-key-crypto.ts'
import { concat } from '#core/vocabulary/bytes.ts'
import { der, element } from '#core/vocabulary/der.ts'
import type { DataKeyPairSpec } from '#core/vocabulary/kms.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { curves } from './curves.ts'
import { plain } from './plain.ts'
import { generateSeed } from './post-quantum.ts'

const generate = promisify(generateKeyPair)

type Pair = Awaited<ReturnType<PublicKeyCrypto['generatePair']>>

/** RSA and the NIST curves and Ed25519 off this thread; the rest, which BoringSSL has not, by noble. */
const makers: Readonly<Record<DataKeyPairSpec, () => Promise<Pair>>> = {
  RSA_2048: () => rsa(2048),
  RSA_3072: () => rsa(3072),
  RSA_4096: () => rsa(4096),
  ECC_NIST_P256: () => nist('P-256'),
  ECC_NIST_P384: () => nist('P-384'),
  ECC_NIST_P521: () => nist('P-521'),
  ECC_SECG_P256K1: () => Promise.resolve(secp256k1()),
  ECC_NIST_EDWARDS25519: async () => owned(await generate('ed25519')),
  ML_KEM_512: () => Promise.resolve(mlKem('ml-kem-512')),
  ML_KEM_768: () => Promise.resolve(mlKem('ml-kem-768')),
  ML_KEM_1024: () => Promise.resolve(mlKem('ml-kem-1024')),
}

export const generatePair: PublicKeyCrypto['generatePair'] = (spec) => makers[spec]()

async function rsa(modulusLength: number): Promise<Pair> {
  return owned(await generate('rsa', { modulusLength }))
}

async function nist(namedCurve: string): Promise<Pair> {
  return owned(await generate('ec', { namedCurve }))
}

function owned({ privateKey, publicKey }: KeyPairKeyObjectResult): Pair {
  return {
    privateKey: Secret.own(plain(privateKey.export({ type: 'pkcs8', format: 'der' }))),
    publicKey: plain(publicKey.export({ type: 'spki', format: 'der' })),
  }
}

/** PKCS #8 around an ECPrivateKey (RFC 5915) with its public key, as OpenSSL writes it. */
function secp256k1(): Pair {
  const { secretKey } = curves.secp256k1.keygen()
  const point = curves.secp256k1.getPublicKey(secretKey, false)
  const inner = element(
    der.sequence, element(der.integer, Uint8Array.of(1)), element(der.octetString, secretKey),
    element(PUBLIC_KEY, element(der.bitString, Uint8Array.of(0), point)),
  )
  secretKey.fill(0)
  return { privateKey: pkcs8('secp256k1', inner), publicKey: publicKeyInfo('secp256k1', point) }
}

/** [1] of ECPrivateKey. */
const PUBLIC_KEY = 0xa1

/** The seed form of RFC 9935, section 6: [0] OCTET STRING of 64 bytes. */
function mlKem(algorithm: 'ml-kem-512' | 'ml-kem-768' | 'ml-kem-1024'): Pair {
  const made = generateSeed(algorithm)
  using seed = made.seed
  return { privateKey: pkcs8(algorithm, element(der.context0, seed.bytes)), publicKey: made.publicKey }
}

/** PrivateKeyInfo (RFC 5958) version 0. Wipes what it was given. */
function pkcs8(type: 'secp256k1' | 'ml-kem-512' | 'ml-kem-768' | 'ml-kem-1024', key: Uint8Array): Secret {
  const content = concat(element(der.integer, Uint8Array.of(0)), algorithmIdentifier(type), element(der.octetString, key))
  key.fill(0)
  const whole = element(der.sequence, content)
  content.fill(0)
  return Secret.own(whole)
}
