import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBlob, parseBlob, type BlobV1 } from '#core/sealing/blob-v1.ts'
import { serialiseContext } from '#core/sealing/context.ts'
import { rung2KeyInput, sealingDigest, type SealingPurpose } from '#core/sealing/digest.ts'
import { fromHex, toHex } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { createCrypto } from '#crypto/crypto.ts'
import { blobVectors, FOLDER } from '../vectors/ciphertext-blob-v1.generate.ts'
import { encodeVector, readVectors, type Vector } from '../vectors/vector-file.ts'

const crypto = createCrypto()
const vectors = readVectors(FOLDER)

describe('ciphertext blob, version 1', () => {
  it.each([...vectors])('%s', (_name, vector) => {
    expect(outcome(vector)).toBe(vector.header['expect'] === 'ok' ? vector.header['plaintext'] : vector.header['expect'])
  })

  it('has the vectors that the generator makes', () => {
    const made = blobVectors()
    expect([...vectors.keys()].sort()).toEqual([...made.keys()].sort())
    for (const [name, vector] of made) expect(encodeVector(vectors.get(name) ?? vector)).toEqual(encodeVector(vector))
  })

  it('has one encoding: what parses encodes to the same bytes', () => {
    const header = fc.tuple(fc.constantFrom(0, 1, 2), fc.constantFrom(0, 1, 2, 3), fc.uint8Array({ minLength: 0, maxLength: 300 }))
    fc.assert(
      fc.property(header, ([version, rung, rest]) => {
        const bytes = Uint8Array.of(version, rung, ...rest)
        const blob = parsed(bytes)
        if (blob !== undefined) expect(encodeBlob(blob)).toEqual(bytes)
      }),
      { numRuns: 2_000 },
    )
  })

  it('fails on arbitrary bytes with MALFORMED only', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 6_144 }), (bytes) => { parsed(bytes) }), { numRuns: 2_000 })
  })
})

describe('encryption context', () => {
  it('is unordered: any order of the same pairs has the same bytes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { maxKeys: 8 }), fc.infiniteStream(fc.nat()), (pairs, order) => {
        const shuffled = Object.fromEntries(Object.entries(pairs).map((pair) => ({ pair, at: order.next().value as number })).sort((a, b) => a.at - b.at).map(({ pair }) => pair))
        expect(serialiseContext(shuffled)).toEqual(serialiseContext(pairs))
      }),
    )
  })

  it('refuses lone surrogates and more than 65,535 bytes', () => {
    expect(() => serialiseContext({ a: '\ud800' })).toThrow(VaultError)
    expect(() => serialiseContext({ '\udc00': 'a' })).toThrow(VaultError)
    expect(() => serialiseContext({ a: 'x'.repeat(65_536) })).toThrow(VaultError)
    expect(() => serialiseContext({ a: 'x'.repeat(40_000), b: 'x'.repeat(40_000) })).toThrow(VaultError)
  })
})

/** The plaintext as the vector writes it, or the kind of failure: opening with the vector's material in software. */
function outcome({ header, body }: Vector): string {
  const bytes = fromHex(new TextDecoder().decode(body).replaceAll('\n', '')) ?? new Uint8Array()
  const blob = parsed(bytes)
  if (blob === undefined) return 'malformed'
  if (String(blob.rung) !== header['rung'] || blob.keyId !== header['key-id'] || blob.materialId !== header['material-id']) return 'not-authentic'
  const context = serialiseContext(JSON.parse(header['context'] ?? '') as Record<string, string>)
  const digest = sealingDigest(crypto, blob, header['purpose'] as SealingPurpose, context)
  const material = fromHex(header['material'] ?? '') ?? new Uint8Array()
  const key = blob.rung === 1 ? material : crypto.hmacSha256(material, rung2KeyInput(blob.salt, digest))
  const plaintext = crypto.aesGcmOpen(key, blob.iv, blob.sealed, digest)
  if (plaintext === undefined) return 'not-authentic'
  return plaintext.length > 64 ? `sha256 ${toHex(crypto.sha256(plaintext))}` : toHex(plaintext)
}

function parsed(bytes: Uint8Array): BlobV1 | undefined {
  try {
    return parseBlob(bytes)
  } catch (error) {
    if (error instanceof VaultError && error.code === 'MALFORMED') return undefined
    throw error
  }
}
