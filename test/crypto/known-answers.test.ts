import { createPublicKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { EcdsaCurve, HashName } from '#core/ports/public-key-crypto.ts'
import { element } from '#core/vocabulary/der.ts'
import { createCrypto } from '#crypto/crypto.ts'
import { knownAnswers, type KnownAnswer } from '../vectors/known-answers.ts'

// Published answers, against the Crypto port. The source of each file stands in its first lines. The token's share: test/hsm/known-answers.test.ts.

const crypto = createCrypto()
const { publicKeys } = crypto

describe('AES-256-GCM', () => {
  it('seals as NIST', () => {
    for (const each of knownAnswers('aes-256-gcm-encrypt')) {
      const sealed = crypto.aesGcmSeal(each.hex('Key'), each.hex('IV'), each.hex('PT'), each.hex('AAD'))
      expect(hex(sealed), name(each)).toBe(hex(each.hex('CT')) + hex(each.hex('Tag')))
    }
  })

  it('opens what NIST opens and nothing else', () => {
    const opened = knownAnswers('aes-256-gcm-decrypt').map((each) => {
      const sealed = Buffer.concat([each.hex('CT'), each.hex('Tag')])
      const plaintext = crypto.aesGcmOpen(each.hex('Key'), each.hex('IV'), sealed, each.hex('AAD'))
      expect(plaintext && hex(plaintext), name(each)).toBe(each.text('FAIL') === undefined ? hex(each.hex('PT')) : undefined)
      return plaintext !== undefined
    })
    expect(new Set(opened).size).toBe(2)
  })
})

it('derives with HKDF as RFC 5869', () => {
  const cases = knownAnswers('hkdf-sha-256')
  expect(cases).toHaveLength(3)
  for (const each of cases) {
    expect(hex(crypto.hkdfSha256(each.hex('IKM'), each.hex('salt'), each.hex('info'), Number(each.text('L')))), name(each)).toBe(hex(each.hex('OKM')))
  }
})

it('authenticates with HMAC-SHA-256 as RFC 4231', () => {
  for (const each of knownAnswers('hmac-sha-256')) {
    const mac = crypto.hmacSha256(each.hex('Key'), each.hex('Msg'))
    // Test case 5 is truncated to 128 bits.
    expect(hex(mac).slice(0, (each.text('MD') ?? '').length), name(each)).toBe(each.text('MD'))
  }
})

describe('ECDSA', () => {
  const hashes: Readonly<Record<string, HashName>> = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' }
  const curves: Readonly<Record<string, EcdsaCurve>> = { 'P-256': 'p256', 'P-384': 'p384', 'P-521': 'p521', 'K-256': 'secp256k1' }
  const names: Readonly<Record<string, string>> = { 'K-256': 'secp256k1' }
  const sizes: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66, 'K-256': 32 }

  it.each(['ecdsa-verify', 'ecdsa-secp256k1'])('verifies what is right in %s, and nothing else', (file) => {
    for (const each of knownAnswers(file)) {
      const [curve = '', hash = ''] = each.section.split(',')
      const x = padded(each.hex('Qx'), sizes[curve] ?? 0)
      const y = padded(each.hex('Qy'), sizes[curve] ?? 0)
      const right = !(each.text('Result') ?? 'P').startsWith('F')
      expect(verified(), name(each)).toBe(right)

      function verified(): boolean {
        const info = infoOf({ kty: 'EC', crv: names[curve] ?? curve, x: base64(x), y: base64(y) })
        // OpenSSL refuses to hold a point that is on no curve: nor does anything of it reach the vault.
        if (info === undefined) return false
        const digest = publicKeys.hash(hashes[hash] ?? 'sha256', each.hex('Msg'))
        const signature = element(0x30, element(0x02, positive(each.hex('R'))), element(0x02, positive(each.hex('S'))))
        return publicKeys.ecdsaVerify(curves[curve] ?? 'p256', info, digest, signature)
      }
    }
  })
})

describe('RSA', () => {
  it('verifies PKCS #1 v1.5 signatures as NIST, and none of those that it changed', () => {
    const results = knownAnswers('rsa-pkcs1-verify').map((each) => {
      const holds = rsaHolds('pkcs1', each)
      expect(holds, name(each)).toBe(each.text('Result')?.startsWith('P'))
      return holds
    })
    expect(new Set(results).size).toBe(2)
  })

  it('verifies no PSS signature whose salt is not as long as the digest: NIST salts these with 10 bytes', () => {
    const cases = knownAnswers('rsa-pss-verify')
    expect(cases.some((each) => each.text('Result')?.startsWith('P'))).toBe(true)
    for (const each of cases) expect(rsaHolds('pss', each), name(each)).toBe(false)
  })
})

it('verifies Ed25519 signatures as RFC 8032, and none with a bit changed in signature, message or key', () => {
  for (const each of knownAnswers('ed25519')) {
    const [key, message, signature] = [each.hex('Key'), each.hex('Msg'), each.hex('Sig')]
    const info = infoOf({ kty: 'OKP', crv: 'Ed25519', x: base64(key) }) ?? new Uint8Array()
    expect(publicKeys.ed25519Verify(info, message, signature), name(each)).toBe(true)
    for (const at of [0, 31, 32, 63]) expect(publicKeys.ed25519Verify(info, message, flipped(signature, at)), `${name(each)}, byte ${at}`).toBe(false)
    expect(publicKeys.ed25519Verify(info, Buffer.concat([message, Buffer.of(0)]), signature)).toBe(false)
    // RFC 8032, section 5.1.7: S must be less than the order of the group.
    expect(publicKeys.ed25519Verify(info, message, withOrderAdded(signature)), `${name(each)}, S + L`).toBe(false)
  }
})

function rsaHolds(scheme: 'pkcs1' | 'pss', each: KnownAnswer): boolean {
  const hash = (each.text('SHAAlg') ?? '').toLowerCase() as HashName
  const info = infoOf({ kty: 'RSA', n: base64(each.hex('n')), e: base64(bare(each.hex('e'))) })
  return info !== undefined && publicKeys.rsaVerify(scheme, hash, info, publicKeys.hash(hash, each.hex('Msg')), each.hex('S'))
}

function infoOf(key: Record<string, string>): Uint8Array | undefined {
  try {
    return Uint8Array.from(createPublicKey({ key, format: 'jwk' }).export({ format: 'der', type: 'spki' }))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_CRYPTO_INVALID_JWK') return undefined
    throw error
  }
}

function withOrderAdded(signature: Uint8Array): Uint8Array {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()])
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, (bytes[at] ?? 0) ^ 1)
}

function bare(number: Uint8Array): Uint8Array {
  return number.subarray(number.findIndex((byte) => byte !== 0))
}

/** A DER INTEGER's content. */
function positive(number: Uint8Array): Uint8Array {
  const content = bare(number)
  return (content[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), content]) : content
}

function padded(number: Uint8Array, size: number): Uint8Array {
  return Buffer.concat([Buffer.alloc(Math.max(0, size - number.length)), number])
}

function name({ section, place }: KnownAnswer): string {
  return `case ${place} [${section}]`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
