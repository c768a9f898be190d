import { constants, createPublicKey, hash as hashOf, publicDecrypt, publicEncrypt, type KeyObject } from 'node:crypto'
import { digestInfo, hashLengths } from '#core/keys/signing.ts'
import type { HashName, PublicKeyCrypto } from '#core/ports/public-key-crypto.ts'
import { concat } from '#core/vocabulary/bytes.ts'
import { plain } from './plain.ts'

/** node:crypto verifies messages only, not digests: so the encoded message is looked at here. All of it is public. */
export const rsaVerify: PublicKeyCrypto['rsaVerify'] = (scheme, hash, publicKey, digest, signature) => {
  const key = imported(publicKey)
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (signature.length !== bits / 8 || digest.length !== hashLengths[hash] || hash === 'sha224') return false
  const encoded = raw(key, signature)
  if (encoded === undefined) return false
  return scheme === 'pkcs1' ? encoded.equals(pkcs1(hash, digest, encoded.length)) : isPss(hash, digest, encoded)
}

export const rsaEncrypt: PublicKeyCrypto['rsaEncrypt'] = (oaepHash, publicKey, plaintext) =>
  plain(publicEncrypt({ key: imported(publicKey), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, plaintext))

function imported(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
}

/** RSAVP1; undefined for a number that is not less than the modulus. */
function raw(key: KeyObject, signature: Uint8Array): Buffer | undefined {
  try {
    return publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature)
  } catch (error) {
    // OpenSSL and BoringSSL fail for one reason once length and key are right.
    if (error instanceof Error) return undefined
    throw error
  }
}

/** EMSA-PKCS1-v1_5 (RFC 8017, section 9.2), made and not parsed: nothing is left open to be filled in. */
function pkcs1(hash: Exclude<HashName, 'sha224'>, digest: Uint8Array, length: number): Buffer {
  const info = digestInfo(hash, digest)
  return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(length - info.length - 3, 0xff), Buffer.from([0]), info])
}

/** EMSA-PSS-VERIFY (RFC 8017, section 9.1.2) with a salt as long as the hash; emBits is 8 k - 1 for moduli of whole bytes. */
function isPss(hash: HashName, digest: Uint8Array, encoded: Buffer): boolean {
  const size = hashLengths[hash]
  const at = encoded.length - size - 1
  const masked = encoded.subarray(0, at)
  const found = encoded.subarray(at, -1)
  if (encoded.at(-1) !== 0xbc || (masked[0] ?? 0x80) >= 0x80) return false
  const block = Buffer.from(masked)
  for (let done = 0; done < at; done += size) {
    const stream = hashOf(hash, concat(found, counter(done / size)), 'buffer')
    for (let i = done; i < Math.min(at, done + size); i++) block[i] = (block[i] ?? 0) ^ (stream[i - done] ?? 0)
  }
  block[0] = (block[0] ?? 0) & 0x7f
  const salt = block.subarray(at - size)
  const padding = block.subarray(0, at - size)
  if (!padding.every((byte, i) => byte === (i === padding.length - 1 ? 1 : 0))) return false
  return hashOf(hash, concat(new Uint8Array(8), digest, salt), 'buffer').equals(found)
}

function counter(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
