import { execFileSync } from 'node:child_process'
import { constants, createHash, generateKeyPairSync, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { oaepUnpad } from '#hsm/host/oaep.ts'
import type { Block } from './oaep-child.ts'

// RSAES-OAEP with SHA-256 (RFC 8017, section 7.1). Faults as in Wycheproof's rsa_oaep sets: each is made on purpose, and each must look alike.

const HASH = 32
const LENGTHS = [2048, 3072, 4096].map((bits) => bits / 8)

describe('unpadding', () => {
  it.each([2048, 3072, 4096])('opens what node:crypto padded, at every length, under RSA %i', (modulusLength) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength })
    const longest = modulusLength / 8 - 2 * HASH - 2
    for (const length of [0, 1, 2, 31, 32, 33, 127, 128, 129, longest - 1, longest]) {
      const message = randomBytes(length)
      const sealed = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, message)
      const encoded = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, sealed)
      expect(oaepUnpad(encoded)).toEqual(message)
    }
  })

  it.each(LENGTHS)('opens every message length that fits into %i bytes', (size) => {
    for (let length = 0; length <= size - 2 * HASH - 2; length++) {
      const message = randomBytes(length)
      expect(oaepUnpad(encode(size, { message }))?.equals(message)).toBe(true)
    }
  })

  it('keeps zeros and ones at the beginning and the end of a message', () => {
    for (const message of [Buffer.alloc(5), Buffer.alloc(5, 1), Buffer.from([0, 1, 0]), Buffer.from([1, 0, 1]), Buffer.alloc(190), Buffer.alloc(190, 1)]) {
      expect(oaepUnpad(encode(256, { message }))).toEqual(message)
    }
  })

  it('leaves nothing in the buffer that it was given, whether there was a message or not', () => {
    for (const given of [encode(256, {}), encode(256, { first: 1 })]) {
      oaepUnpad(given)
      expect(given.every((byte) => byte === 0)).toBe(true)
    }
  })
})

describe('faults', () => {
  it.each(Object.entries(faults()))('%s: no message', (_name, change) => {
    for (const size of LENGTHS) expect(oaepUnpad(encode(size, change))).toBeUndefined()
  })

  it('of every single bit of the padding are no message', () => {
    for (let bit = 0; bit < 8 * HASH; bit++) {
      const label = createHash('sha256').digest()
      label[bit >> 3] = (label[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(oaepUnpad(encode(256, { label }))).toBeUndefined()
    }
    for (let first = 1; first < 256; first++) expect(oaepUnpad(encode(256, { first }))).toBeUndefined()
  })
})

describe('one path', () => {
  it('runs every block as often for each fault as for the others, and as for a message but for handing it out', () => {
    const bad = Object.values(faults())
    const [good = [], shorter, first, ...others] = counts([{ message: randomBytes(20) }, { message: randomBytes(1) }, ...bad])
    // V8's own blocks: every loop, every branch of a conditional, every operand that may be skipped.
    expect(good.length).toBeGreaterThan(10)
    expect(others).toHaveLength(bad.length - 1)
    for (const other of others) expect(other).toEqual(first)
    expect(shorter).toEqual(good)
    const told = differing(good, first ?? [])
    expect(told.map(({ name }) => name).filter((name) => name !== 'shortened')).toEqual(['oaepUnpad', 'oaepUnpad'])
  })

  it('can be told by these counts: they differ between a message and none', () => {
    const [good, bad] = counts([{}, { first: 1 }])
    expect(good).not.toEqual(bad)
  })
})

/** What one encoded message is made of; silence means what is right. */
interface Parts {
  readonly message?: Buffer
  readonly first?: number
  readonly label?: Buffer
  /** Between label and message: zeros, then 1. */
  readonly separator?: number
  /** Overwrites a byte of the zeros. */
  readonly zero?: { readonly at: number; readonly value: number }
}

/** EME-OAEP encoding of `size` bytes. */
function encode(size: number, { message = Buffer.from('x'), first = 0, label = createHash('sha256').digest(), separator = 1, zero }: Parts): Buffer {
  const zeros = Buffer.alloc(size - message.length - 2 * HASH - 2)
  if (zero !== undefined) zeros[zero.at] = zero.value
  const data = Buffer.concat([label, zeros, Buffer.from([separator]), message])
  const seed = randomBytes(HASH)
  const masked = xor(data, mgf1(seed, data.length))
  return Buffer.concat([Buffer.from([first]), xor(seed, mgf1(masked, HASH)), masked])
}

function faults(): Record<string, Parts> {
  return {
    'a first byte of 1': { first: 1 },
    'a first byte of 128': { first: 128 },
    'another label, first byte': { label: createHash('sha256').digest().fill(0, 0, 1) },
    'another label, last byte': { label: createHash('sha256').digest().fill(0, 31, 32) },
    'the label of other text': { label: createHash('sha256').update('other').digest() },
    'a separator of 2': { separator: 2, message: Buffer.alloc(1) },
    'a separator of 255': { separator: 255, message: Buffer.alloc(1) },
    'no separator at all': { separator: 0, message: Buffer.alloc(1) },
    'no separator before a long message of zeros': { separator: 0, message: Buffer.alloc(150) },
    'a byte that is no zero at once': { zero: { at: 0, value: 2 } },
    'a byte that is no zero late': { zero: { at: 100, value: 254 } },
    'everything wrong': { first: 7, label: Buffer.alloc(HASH, 9), separator: 3 },
  }
}

function mgf1(seed: Buffer, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / HASH) }, (_, i) => {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(i)
    return createHash('sha256').update(seed).update(counter).digest()
  })
  return Buffer.concat(blocks).subarray(0, length)
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)))
}

/** How often V8 ran each block of the module, per encoded message of 256 bytes. */
function counts(messages: readonly Parts[]): Block[][] {
  const input = JSON.stringify(messages.map((parts) => encode(256, parts).toString('hex')))
  return JSON.parse(execFileSync(process.execPath, [join(import.meta.dirname, 'oaep-child.ts')], { input, encoding: 'utf8' })) as Block[][]
}

/** Blocks that one run had, or had another number of times, and the other not. */
function differing(one: readonly Block[], other: readonly Block[]): Block[] {
  const text = (block: Block): string => JSON.stringify(block)
  const [ones, others] = [one.map(text), other.map(text)]
  return [...one.filter((block) => !others.includes(text(block))), ...other.filter((block) => !ones.includes(text(block)))]
}
