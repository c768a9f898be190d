import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCrypto } from '#crypto/crypto.ts'
import { createFrames } from '#core/messages/frames.ts'
import { contextForWriting, contextHolds } from '#core/messages/context.ts'
import { encodeHeader, headerTagLength, parseHeader, type MessageHeader } from '#core/messages/header.ts'
import { openHeader } from '#core/messages/keys.ts'
import { frameAt, layoutOfMessage, layoutOfPlaintext } from '#core/messages/layout.ts'
import { PLAIN_SUITE } from '#core/messages/suite.ts'
import { concat } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { fileMessageVectors, FOLDER } from '../vectors/file-message-v1.generate.ts'
import { encodeVector, readVectors } from '../vectors/vector-file.ts'

const crypto = createCrypto()
const vectors = readVectors(FOLDER)
const [base, long] = ['opens-four-frames', 'opens-two-keys'].map((name) => vectors.get(name)!)

describe('the vectors of file-message-v1', () => {
  it('are there, and making them again changes nothing', () => {
    expect(vectors.size).toBeGreaterThan(80)
    const made = fileMessageVectors()
    expect([...made.keys()].sort()).toEqual([...vectors.keys()].sort())
    for (const [name, vector] of vectors) expect(encodeVector(made.get(name)!).equals(encodeVector(vector)), name).toBe(true)
  })

  it.each([...vectors])('%s', (_, { header, body }) => {
    const { outcome, plaintext } = decrypt(body, Buffer.from(header['data-key'] ?? '', 'hex'))
    expect(outcome).toBe(header['expect'])
    if (outcome === 'opens') expect(Buffer.from(plaintext).toString('hex')).toBe(header['plaintext'])
  })
})

/** A whole message in memory, as the service does it: commitment, header tag, final frame, then all frames in order. */
function decrypt(message: Uint8Array, dataKey: Uint8Array): { outcome: string; plaintext: Uint8Array } {
  const failed = (outcome: string) => ({ outcome, plaintext: new Uint8Array() })
  const found = parse(message)
  if (typeof found === 'string') return failed(found)
  const { header, length } = found
  const start = length + headerTagLength(header.suite)
  const layout = layoutOfMessage(start, header.frameLength, message.length)
  if (layout === undefined) return failed('not-authentic')
  using secret = Secret.copy(dataKey)
  const key = openHeader(crypto, secret, header, message.subarray(0, length), message.subarray(length, start))
  if (key === undefined) return failed('not-authentic')
  const frames = createFrames(key.key, header.messageId, layout)
  const parts: Uint8Array[] = []
  for (const number of [layout.frames, ...Array.from({ length: layout.frames }, (_, i) => i + 1)]) {
    const place = frameAt(layout, number)
    const plaintext = frames.open(number, message.subarray(place.position, place.position + place.length))
    if (plaintext === undefined) return failed('not-authentic')
    parts.push(plaintext)
  }
  return { outcome: 'opens', plaintext: concat(...parts.slice(1)) }
}

function parse(message: Uint8Array): ReturnType<typeof parseHeader> | string {
  try {
    const found = parseHeader(message)
    expect(encodeHeader(found.header)).toEqual(Uint8Array.from(message.subarray(0, found.length)))
    return found
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    expect(error.code).toBe('MALFORMED')
    return error.message.includes('Holdfast reads') ? 'unsupported' : 'malformed'
  }
}

describe('a message header', () => {
  const short = fc.uint8Array({ maxLength: 40 })
  const headers: fc.Arbitrary<MessageHeader> = fc.record({
    suite: fc.constant(PLAIN_SUITE),
    messageId: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    context: fc.uniqueArray(fc.tuple(text(), text()), { selector: ([key]) => key, maxLength: 5 }),
    dataKeys: fc.array(fc.record({ provider: text(), info: short, ciphertext: short }), { minLength: 1, maxLength: 16 }),
    frameLength: fc.integer({ min: 1, max: 0xffff_ffff }),
    commitment: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  })

  it('parses to what was encoded, and leaves what stands behind it alone', () => {
    fc.assert(fc.property(headers, short, (header, rest) => {
      const bytes = encodeHeader(header)
      const parsed = parseHeader(concat(bytes, rest))
      expect(parsed.length).toBe(bytes.length)
      expect(parsed.header).toEqual(header)
    }))
  })

  it('answers arbitrary bytes with MALFORMED only', () => {
    const front = fc.constantFrom([], [2], [2, 4, 0x78], [2, 4, 0x78, ...new Uint8Array(32), 0, 0])
    fc.assert(fc.property(front, fc.uint8Array({ maxLength: 300 }), (begin, rest) => { parse(Uint8Array.of(...begin, ...rest)) }), { numRuns: 2000 })
  })

  it('that is cut is MALFORMED', () => {
    for (let length = 0; length < parseHeader(base!.body).length; length++) expect(parse(base!.body.subarray(0, length))).toBe('malformed')
  })
})

describe('a message', () => {
  it('with any bit flipped does not open', () => {
    const key = Buffer.from(base!.header['data-key']!, 'hex')
    for (const { body } of [base!, long!]) {
      for (let bit = 0; bit < body.length * 8; bit++) {
        const altered = Uint8Array.from(body)
        altered[bit >> 3]! ^= 1 << (bit & 7)
        expect(decrypt(altered, key).outcome, `bit ${bit}`).not.toBe('opens')
      }
    }
  })

  it('that is cut anywhere does not open', () => {
    const key = Buffer.from(base!.header['data-key']!, 'hex')
    for (let length = 0; length < base!.body.length; length++) expect(decrypt(base!.body.subarray(0, length), key).outcome).not.toBe('opens')
  })
})

describe('the layout', () => {
  const sizes = fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 100 }), fc.nat(2000))

  it('that follows from the message length is the one that was written', () => {
    fc.assert(fc.property(sizes, ([start, frameLength, plaintextLength]) => {
      const written = layoutOfPlaintext(start, frameLength, plaintextLength)!
      expect(layoutOfMessage(start, frameLength, written.messageLength)).toEqual(written)
    }))
  })

  it('covers the message and the plaintext without gap or overlap', () => {
    fc.assert(fc.property(sizes, ([start, frameLength, plaintextLength]) => {
      const layout = layoutOfPlaintext(start, frameLength, plaintextLength)!
      let [position, plaintext] = [start, 0]
      for (let number = 1; number <= layout.frames; number++) {
        const place = frameAt(layout, number)
        expect(place).toMatchObject({ position, plaintextPosition: plaintext, final: number === layout.frames })
        position += place.length
        plaintext += place.plaintextLength
      }
      expect([position, plaintext]).toEqual([layout.messageLength, plaintextLength])
    }))
  })

  it('has a full final frame where the plaintext is a multiple of the frame length', () => {
    expect(layoutOfPlaintext(0, 16, 32)).toMatchObject({ frames: 2, finalLength: 16 })
    expect(layoutOfPlaintext(0, 16, 0)).toMatchObject({ frames: 1, finalLength: 0 })
  })

  it('ends at 2^32 - 1 frames', () => {
    expect(layoutOfPlaintext(0, 1, 0xffff_ffff)?.frames).toBe(0xffff_ffff)
    expect(layoutOfPlaintext(0, 1, 0x1_0000_0000)).toBeUndefined()
    expect(layoutOfMessage(0, 1, 33 * 0xffff_ffff + 40)).toBeUndefined()
  })
})

describe('the context of a file', () => {
  it('is written in the order of its keys\' UTF-8 bytes', () => {
    expect(contextForWriting({ '\u{1f511}': '2', '\uffee': '1', a: '0' }).map(([, value]) => value)).toEqual(['0', '1', '2'])
  })

  it('may not use the keys that the Encryption SDK keeps for itself', () => {
    expect(() => contextForWriting({ 'aws-crypto-public-key': 'x' })).toThrow(/reserved/)
    expect(contextForWriting({ 'aws-crypt': 'x' })).toEqual([['aws-crypt', 'x']])
  })

  it('holds what is expected if each pair is there; more may be', () => {
    const pairs = [['a', '1'], ['b', '2']] as const
    expect(contextHolds(pairs, {})).toBe(true)
    expect(contextHolds(pairs, { b: '2' })).toBe(true)
    expect(contextHolds(pairs, { b: '1' })).toBe(false)
    expect(contextHolds(pairs, { B: '2' })).toBe(false)
    expect(contextHolds([], { toString: 'x' })).toBe(false)
  })
})

function text(): fc.Arbitrary<string> {
  return fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => value.isWellFormed())
}
