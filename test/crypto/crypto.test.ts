import { argon2Sync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createCrypto } from '#crypto/crypto.ts'

const crypto = createCrypto()
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const text = (ascii: string): Uint8Array => new TextEncoder().encode(ascii)
const shown = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex')

it('hashes as FIPS 180-4 (the example "abc")', () => {
  expect(shown(crypto.sha256(text('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

it('authenticates as RFC 4231 (test case 2)', () => {
  expect(shown(crypto.hmacSha256(text('Jefe'), text('what do ya want for nothing?')))).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
})

describe('HKDF-SHA256, RFC 5869 appendix A', () => {
  it.each([
    ['A.1', '0b'.repeat(22), '000102030405060708090a0b0c', 'f0f1f2f3f4f5f6f7f8f9', '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'],
    ['A.3', '0b'.repeat(22), '', '', '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8'],
  ])('%s', (_, input, salt, info, output) => {
    expect(shown(crypto.hkdfSha256(hex(input), hex(salt), hex(info), 42))).toBe(output)
  })
})

describe('AES-256-GCM (McGrew and Viega, test case 16)', () => {
  const key = hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308')
  const iv = hex('cafebabefacedbaddecaf888')
  const aad = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2')
  const plaintext = hex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  )
  const sealed = hex(
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
      '76fc6ece0f4e1768cddf8853bb2d551b',
  )

  it('seals and opens', () => {
    expect(shown(crypto.aesGcmSeal(key, iv, plaintext, aad))).toBe(shown(sealed))
    expect(shown(crypto.aesGcmOpen(key, iv, sealed, aad))).toBe(shown(plaintext))
  })

  it('seals nothing to a tag', () => {
    const tag = crypto.aesGcmSeal(key, iv, new Uint8Array(), aad)
    expect(tag.length).toBe(16)
    expect(crypto.aesGcmOpen(key, iv, tag, aad)?.length).toBe(0)
  })

  it('opens nothing with an altered byte, other associated data, or less than a tag', () => {
    for (let at = 0; at < sealed.length; at++) {
      expect(crypto.aesGcmOpen(key, iv, sealed.with(at, (sealed[at] ?? 0) ^ 1), aad)).toBeUndefined()
    }
    expect(crypto.aesGcmOpen(key, iv, sealed, hex('00'))).toBeUndefined()
    expect(crypto.aesGcmOpen(key, iv, sealed.subarray(0, 15), aad)).toBeUndefined()
  })

  it('leaves its inputs as they were', () => {
    expect(shown(key)).toMatch(/^feffe9/)
    expect(shown(sealed)).toMatch(/^522dc1/)
  })
})

it('compares bytes, and says false for other lengths', () => {
  expect(crypto.equal(hex('0102'), hex('0102'))).toBe(true)
  expect(crypto.equal(hex('0102'), hex('0103'))).toBe(false)
  expect(crypto.equal(hex('0102'), hex('010200'))).toBe(false)
})

describe('X25519, RFC 7748', () => {
  it.each([
    ['section 5.2, first', 'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4', 'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c', 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552'],
    ['section 5.2, second', '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d', 'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493', '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957'],
  ])('%s', (_, scalar, point, result) => {
    expect(shown(crypto.x25519(hex(scalar), hex(point)))).toBe(result)
  })

  it('gives both sides of two new pairs the same secret', () => {
    const [a, b] = [crypto.x25519Generate(), crypto.x25519Generate()]
    expect(a.privateKey.length).toBe(32)
    expect(shown(crypto.x25519(a.privateKey, b.publicKey))).toBe(shown(crypto.x25519(b.privateKey, a.publicKey)))
  })

  it.each(['00'.repeat(32), `01${'00'.repeat(31)}`, 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'])('gives undefined for the low-order point %s', (point) => {
    expect(crypto.x25519(crypto.x25519Generate().privateKey, hex(point))).toBeUndefined()
  })
})

describe('Argon2id, RFC 9106', () => {
  // The RFC's vector has a secret and associated data, which the port does not. So OpenSSL's Argon2id is held against the RFC, and ours against it.
  it('agrees with OpenSSL, which agrees with the vector of section 5.3', async () => {
    const rfc = argon2Sync('argon2id', {
      message: Buffer.alloc(32, 1), nonce: Buffer.alloc(16, 2), secret: Buffer.alloc(8, 3), associatedData: Buffer.alloc(12, 4),
      memory: 32, passes: 3, parallelism: 4, tagLength: 32,
    })
    expect(shown(rfc)).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659')
    for (const [memoryKiB, passes, lanes] of [[64, 3, 4], [8192, 1, 1], [65_536, 3, 1]] as const) {
      const [password, salt] = [text('correct horse'), new Uint8Array(16).fill(2)]
      const theirs = argon2Sync('argon2id', { message: password, nonce: salt, memory: memoryKiB, passes, parallelism: lanes, tagLength: 32 })
      expect(shown(await crypto.argon2id(password, salt, { memoryKiB, passes, lanes }))).toBe(shown(theirs))
    }
  })

  it('runs off the calling thread', async () => {
    const order: string[] = []
    const running = crypto.argon2id(text('x'), new Uint8Array(16), { memoryKiB: 65_536, passes: 3, lanes: 1 }).then(() => order.push('hashed'))
    await new Promise(setImmediate)
    order.push('free')
    await running
    expect(order).toEqual(['free', 'hashed'])
  })
})
