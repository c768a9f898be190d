import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto'

// Raw X25519 keys (RFC 7748) through node:crypto, which speaks DER. The prefixes are RFC 8410's, with the algorithm 1.3.101.110.

const KEY_BYTES = 32
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI = Buffer.from('302a300506032b656e032100', 'hex')

export function x25519Generate(): { publicKey: Uint8Array; privateKey: Uint8Array } {
  const pair = generateKeyPairSync('x25519')
  const der = pair.privateKey.export({ type: 'pkcs8', format: 'der' })
  const privateKey = Uint8Array.from(der.subarray(-KEY_BYTES))
  der.fill(0)
  return { publicKey: Uint8Array.from(pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-KEY_BYTES)), privateKey }
}

export function x25519(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  const keys = { privateKey: importPrivate(privateKey), publicKey: importPublic(publicKey) }
  try {
    return Uint8Array.from(diffieHellman(keys))
  } catch {
    // OpenSSL and BoringSSL fail for one reason once both keys are imported: the result is all zero (RFC 7748 section 6.1).
    return undefined
  }
}

function importPrivate(raw: Uint8Array): KeyObject {
  if (raw.length !== KEY_BYTES) throw new RangeError('an X25519 private key has 32 bytes')
  const der = Buffer.concat([PKCS8, raw])
  try {
    return createPrivateKey({ key: der, type: 'pkcs8', format: 'der' })
  } finally {
    der.fill(0)
  }
}

function importPublic(raw: Uint8Array): KeyObject {
  if (raw.length !== KEY_BYTES) throw new RangeError('an X25519 public key has 32 bytes')
  return createPublicKey({ key: Buffer.concat([SPKI, raw]), type: 'spki', format: 'der' })
}
