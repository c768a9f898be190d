import {
  constants, createHash, createPrivateKey, createPublicKey, decapsulate, encapsulate, generateKeyPairSync, privateEncrypt, sign, verify, type KeyObject,
} from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { publicKeyBytes, publicKeyInfo } from '#core/keys/public-keys.ts'
import { createCrypto } from '#crypto/crypto.ts'
import { digestInfo } from '#core/keys/signing.ts'
import { element } from '#core/vocabulary/der.ts'

// Signatures and keys as others make them, and as nobody should: the faults of Wycheproof's ecdsa, rsa_signature, rsa_pss and ecdh sets.

const { publicKeys } = createCrypto()
const message = Buffer.from('a message')
const sha256 = createHash('sha256').update(message).digest()

function spki(key: KeyObject): Uint8Array {
  return Uint8Array.from(key.export({ format: 'der', type: 'spki' }))
}

const ecdsaCurves = [
  ['p256', 'P-256', 'sha256', 32], ['p384', 'P-384', 'sha384', 48], ['p521', 'P-521', 'sha512', 66], ['secp256k1', 'secp256k1', 'sha256', 32],
] as const

describe.each(ecdsaCurves)('ECDSA on %s', (curve, namedCurve, hash, size) => {
  const pair = generateKeyPairSync('ec', { namedCurve })
  const key = spki(pair.publicKey)
  const digest = createHash(hash).update(message).digest()
  const good = sign(hash, message, pair.privateKey)
  const raw = sign(hash, message, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' })
  const [r, s] = [raw.subarray(0, size), raw.subarray(size)]
  const holds = (signature: Uint8Array): boolean => publicKeys.ecdsaVerify(curve, key, digest, signature)
  const integer = (content: Uint8Array): Uint8Array => element(0x02, content)
  const positive = (number: Buffer): Uint8Array => {
    const bare = number.subarray(number.findIndex((byte) => byte !== 0))
    return (bare[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bare]) : bare
  }
  const order = { p256: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', p384: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973', p521: '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409', secp256k1: 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141' }[curve]
  const n = Buffer.from(order, 'hex')
  const numbers = (one: Uint8Array, two: Uint8Array): Uint8Array => element(0x30, integer(one), integer(two))

  it('holds as node:crypto made it', () => {
    for (let i = 0; i < 20; i++) expect(holds(sign(hash, message, pair.privateKey))).toBe(true)
    // The helpers below write what they should: only the fault is at fault.
    expect(holds(numbers(positive(r), positive(s)))).toBe(true)
  })

  it.each([
    ['r of zero', numbers(Buffer.of(0), positive(s))],
    ['s of zero', numbers(positive(r), Buffer.of(0))],
    ['r of the order', numbers(positive(n), positive(s))],
    ['s of the order', numbers(positive(r), positive(n))],
    ['r and s of one', numbers(Buffer.of(1), Buffer.of(1))],
    ['a negative s', numbers(positive(r), Buffer.concat([Buffer.of(0xff), s]))],
    ['an r with a zero too much', numbers(Buffer.concat([Buffer.of(0), positive(r)]), positive(s))],
    ['an empty integer', numbers(new Uint8Array(), positive(s))],
    ['r and s exchanged', numbers(positive(s), positive(r))],
    ['only one number', element(0x30, integer(positive(r)))],
    ['three numbers', element(0x30, integer(positive(r)), integer(positive(s)), integer(Buffer.of(1)))],
    ['numbers that are no integers', element(0x30, element(0x04, positive(r)), element(0x04, positive(s)))],
    ['a set for a sequence', element(0x31, integer(positive(r)), integer(positive(s)))],
    ['a byte behind', Buffer.concat([good, Buffer.of(0)])],
    ['a byte missing', good.subarray(0, -1)],
    ['a length in BER', Buffer.concat([Buffer.of(0x30, 0x82, 0, good.length - (good[1] === 0x81 ? 3 : 2)), good.subarray(good[1] === 0x81 ? 3 : 2)])],
    ['an indefinite length', Buffer.concat([Buffer.of(0x30, 0x80), good.subarray(good[1] === 0x81 ? 3 : 2), Buffer.of(0, 0)])],
    ['r and s without DER', raw],
    ['nothing', new Uint8Array()],
  ])('does not hold with %s', (_name, signature) => {
    expect(holds(signature)).toBe(false)
  })

  it('does not hold under another key, nor one of another curve', () => {
    expect(publicKeys.ecdsaVerify(curve, spki(generateKeyPairSync('ec', { namedCurve }).publicKey), digest, good)).toBe(false)
    const other = curve === 'p256' ? 'p384' : 'p256'
    expect(publicKeys.ecdsaVerify(other, key, digest, good)).toBe(false)
  })
})

describe('RSASSA-PKCS1-v1_5', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = spki(publicKey)
  const holds = (signature: Uint8Array): boolean => publicKeys.rsaVerify('pkcs1', 'sha256', key, sha256, signature)
  const info = Buffer.from(digestInfo('sha256', sha256))
  /** A signature over whatever encoded message. */
  const over = (encoded: Buffer): Buffer => privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded)
  const filled = (content: Buffer, head = Buffer.of(0, 1), fill = 0xff): Buffer => {
    return Buffer.concat([head, Buffer.alloc(256 - head.length - 1 - content.length, fill), Buffer.of(0), content])
  }
  const withoutNull = Buffer.from(info.toString('hex').replace('3031300d060960864801650304020105000420', '302f300b0609608648016503040201' + '0420'), 'hex')

  it('holds as node:crypto made it', () => {
    expect(holds(sign('sha256', message, privateKey))).toBe(true)
    expect(holds(over(filled(info)))).toBe(true)
  })

  it.each([
    ['a DigestInfo without NULL', filled(withoutNull)],
    ['bytes behind a short padding (Bleichenbacher 2006)', Buffer.concat([Buffer.of(0, 1), Buffer.alloc(8, 0xff), Buffer.of(0), info, Buffer.alloc(256 - 11 - info.length)])],
    ['a padding of zeros', filled(info, Buffer.of(0, 1), 0)],
    ['block type 2', filled(info, Buffer.of(0, 2))],
    ['block type 0', filled(info, Buffer.of(0, 0))],
    ['a padding with one other byte', filled(info).fill(0xfe, 100, 101)],
    ['the bare digest', filled(sha256)],
    ['another digest', filled(Buffer.from(digestInfo('sha256', createHash('sha256').update('other').digest())))],
    ['another hash of the same length', filled(Buffer.from(info).fill(0x08, 14, 15))],
  ])('does not hold with %s', (_name, encoded) => {
    expect(holds(over(encoded))).toBe(false)
  })

  it('does not hold with a number that is not less than the modulus, or of another length', () => {
    const good = sign('sha256', message, privateKey)
    for (const bad of [Buffer.alloc(256, 0xff), Buffer.alloc(256), Buffer.concat([Buffer.of(0), good]), good.subarray(1), Buffer.alloc(0)]) expect(holds(bad)).toBe(false)
    expect(publicKeys.rsaVerify('pss', 'sha256', key, sha256, good)).toBe(false)
    expect(publicKeys.rsaVerify('pkcs1', 'sha384', key, sha256, good)).toBe(false)
  })
})

describe('RSASSA-PSS', () => {
  const hashes = [['sha256', 32], ['sha384', 48], ['sha512', 64]] as const
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = spki(publicKey)
  const over = (encoded: Buffer): Buffer => privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded)

  it.each(hashes)('with %s holds with a salt of %i bytes, and with no other', (hash, length) => {
    const digest = createHash(hash).update(message).digest()
    const made = (saltLength: number): Buffer => sign(hash, message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
    for (let i = 0; i < 20; i++) expect(publicKeys.rsaVerify('pss', hash, key, digest, made(length))).toBe(true)
    for (const other of [0, length - 1, length + 1, 20]) expect(publicKeys.rsaVerify('pss', hash, key, digest, made(other))).toBe(false)
  })

  it('does not hold with any byte of the encoded message changed', () => {
    const good = sign('sha256', message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
    const encoded = Buffer.from(rawOf(publicKey, good))
    for (let at = 0; at < encoded.length; at++) {
      const bad = Buffer.from(encoded)
      bad[at] = (bad[at] ?? 0) ^ 0x40
      expect(publicKeys.rsaVerify('pss', 'sha256', key, sha256, over(bad)), `byte ${at}`).toBe(false)
    }
    expect(publicKeys.rsaVerify('pss', 'sha256', key, sha256, over(encoded))).toBe(true)
  })
})

describe('points of ECDH', () => {
  it.each(ecdsaCurves.slice(0, 3))('on %s are read only where they are on the curve', (name, namedCurve, _hash, size) => {
    const curve = name as 'p256' | 'p384' | 'p521'
    const key = spki(generateKeyPairSync('ec', { namedCurve }).publicKey)
    const own = Buffer.from(publicKeyBytes(curve, key) ?? [])
    const info = (bytes: Uint8Array): Uint8Array => publicKeyInfo(curve, bytes)
    expect(publicKeys.point(curve, key)).toEqual(Uint8Array.from(own))
    // A compressed point is the same point.
    const compressed = Buffer.concat([Buffer.of(2 + ((own.at(-1) ?? 0) & 1)), own.subarray(1, 1 + size)])
    expect(publicKeys.point(curve, info(compressed))).toEqual(Uint8Array.from(own))
    const off = Buffer.from(own)
    off[off.length - 1] = (off.at(-1) ?? 0) ^ 1
    const bad = [off, Buffer.of(0), Buffer.alloc(own.length), Buffer.concat([Buffer.of(4), Buffer.alloc(2 * size)]), Buffer.concat([Buffer.of(4), Buffer.alloc(2 * size, 0xff)]), own.subarray(1), Buffer.concat([own, Buffer.of(0)]), Buffer.alloc(0)]
    for (const bytes of bad) expect(publicKeys.point(curve, info(bytes))).toBeUndefined()
    expect(publicKeys.point(curve, spki(generateKeyPairSync('ec', { namedCurve: name === 'p256' ? 'P-384' : 'P-256' }).publicKey))).toBeUndefined()
    expect(publicKeys.point(curve, spki(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey))).toBeUndefined()
  })
})

describe('ML-DSA', () => {
  it.each(['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const)('%s and OpenSSL take each other\'s signatures', (algorithm) => {
    const made = publicKeys.generateSeed(algorithm)
    using seed = made.seed
    const key = createPublicKey({ key: Buffer.from(made.publicKey), format: 'der', type: 'spki' })
    const ours = publicKeys.mlDsaSign(algorithm, seed.bytes, message, 'message')
    expect(verify(null, message, key, ours)).toBe(true)
    const mu = muOf(algorithm, made.publicKey)
    const overMu = publicKeys.mlDsaSign(algorithm, seed.bytes, mu, 'mu')
    expect(verify(null, message, key, overMu)).toBe(true)
    expect(publicKeys.mlDsaVerify(algorithm, made.publicKey, mu, 'mu', ours)).toBe(true)
    expect(publicKeys.mlDsaVerify(algorithm, made.publicKey, mu.fill(0, 0, 1), 'mu', ours)).toBe(false)

    const theirs = generateKeyPairSync(algorithm)
    const signature = sign(null, message, theirs.privateKey)
    expect(publicKeys.mlDsaVerify(algorithm, spki(theirs.publicKey), message, 'message', signature)).toBe(true)
    for (const bad of [signature.subarray(1), Buffer.concat([signature, Buffer.of(0)]), Buffer.alloc(signature.length), Buffer.alloc(signature.length, 0xff), Buffer.alloc(0)]) {
      expect(publicKeys.mlDsaVerify(algorithm, spki(theirs.publicKey), message, 'message', bad)).toBe(false)
    }
  })
})

describe('ML-KEM', () => {
  it.each(['ml-kem-512', 'ml-kem-768', 'ml-kem-1024'] as const)('%s and OpenSSL share secrets', (algorithm) => {
    const made = publicKeys.generateSeed(algorithm)
    using seed = made.seed
    const { sharedKey, ciphertext } = encapsulate(createPublicKey({ key: Buffer.from(made.publicKey), format: 'der', type: 'spki' }))
    expect(publicKeys.mlKemDecapsulate(algorithm, seed.bytes, ciphertext)).toEqual(Uint8Array.from(sharedKey))

    const theirs = generateKeyPairSync(algorithm)
    const ours = publicKeys.mlKemEncapsulate(algorithm, spki(theirs.publicKey))
    expect(Uint8Array.from(decapsulate(theirs.privateKey, ours.ciphertext))).toEqual(ours.secret)
    const altered = Uint8Array.from(ciphertext)
    altered[9] = (altered[9] ?? 0) ^ 1
    expect(publicKeys.mlKemDecapsulate(algorithm, seed.bytes, altered)).not.toEqual(Uint8Array.from(sharedKey))
  })

  it('seeds are those of RFC 9935: OpenSSL has the same private key', async () => {
    const pair = await publicKeys.generatePair('ML_KEM_768')
    using privateKey = pair.privateKey
    const read = createPrivateKey({ key: Buffer.from(privateKey.bytes), format: 'der', type: 'pkcs8' })
    const { sharedKey, ciphertext } = encapsulate(createPublicKey({ key: Buffer.from(pair.publicKey), format: 'der', type: 'spki' }))
    expect(decapsulate(read, ciphertext).equals(sharedKey)).toBe(true)
  })
})

/** mu of FIPS 204, algorithm 7, line 6, for an empty context: SHAKE256(SHAKE256(public key, 64) || 0 || 0 || message, 64). */
function muOf(algorithm: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87', info: Uint8Array): Buffer {
  const shake = (...parts: Uint8Array[]): Buffer => createHash('shake256', { outputLength: 64 }).update(Buffer.concat(parts)).digest()
  return shake(shake(publicKeyBytes(algorithm, info) ?? new Uint8Array()), Buffer.of(0, 0), message)
}

function rawOf(publicKey: KeyObject, signature: Buffer): Buffer {
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
  const [base, exponent, modulus] = [signature, Buffer.from(e, 'base64url'), Buffer.from(n, 'base64url')].map((number) => BigInt(`0x${number.toString('hex')}`))
  let result = 1n
  for (const bit of (exponent ?? 0n).toString(2)) {
    result = (result * result) % (modulus ?? 1n)
    if (bit === '1') result = (result * (base ?? 0n)) % (modulus ?? 1n)
  }
  return Buffer.from(result.toString(16).padStart(512, '0'), 'hex')
}
