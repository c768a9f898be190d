// Writes test/vectors/file-message-v1: `node test/vectors/file-message-v1.generate.ts`. Running it again changes nothing.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createCrypto } from '#crypto/crypto.ts'
import { createFrames } from '#core/messages/frames.ts'
import { encodeContext } from '#core/messages/context.ts'
import { parseHeader, type MessageHeader } from '#core/messages/header.ts'
import { sealHeader } from '#core/messages/keys.ts'
import { frameAt, layoutOfMessage, layoutOfPlaintext } from '#core/messages/layout.ts'
import { PLAIN_SUITE, TAG_LENGTH } from '#core/messages/suite.ts'
import { concat, u16, u32, utf8 } from '#core/vocabulary/bytes.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { writeVectors, type Vector } from './vector-file.ts'

export const FOLDER = join(import.meta.dirname, 'file-message-v1')

const crypto = createCrypto()
const ARN = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'
/** Small, so that a message of several frames fits on a screen. */
const FRAME = 16

/** Bytes that depend on the name alone. */
function fixed(name: string, length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => createHash('sha256').update(`file-message-v1 ${name} ${i}`).digest())
  return Uint8Array.from(Buffer.concat(blocks).subarray(0, length))
}

interface Made {
  readonly message: Uint8Array
  readonly dataKey: Uint8Array
  readonly plaintext: Uint8Array
}

function makeMessage(name: string, length: number, change: Partial<MessageHeader> = {}): Made {
  const dataKey = fixed('data key', 32)
  const plaintext = fixed('plaintext', length)
  const messageId = change.messageId ?? fixed(`message id ${name}`, 32)
  const frameLength = change.frameLength ?? FRAME
  const dataKeys = change.dataKeys ?? [{ provider: 'aws-kms', info: utf8(ARN), ciphertext: fixed('encrypted data key', 48) }]
  using secret = Secret.copy(dataKey)
  const { header, key } = sealHeader(crypto, secret, { suite: PLAIN_SUITE, messageId, context: change.context ?? [['purpose', 'vectors'], ['stufe', 'höchste']], dataKeys, frameLength })
  const layout = layoutOfPlaintext(header.length, frameLength, length)!
  const frames = createFrames(key, messageId, layout)
  const parts: Uint8Array[] = [header]
  for (let number = 1; number <= layout.frames; number++) {
    const { plaintextPosition, plaintextLength } = frameAt(layout, number)
    parts.push(...frames.seal(number, plaintext.subarray(plaintextPosition, plaintextPosition + plaintextLength)))
  }
  return { message: concat(...parts), dataKey, plaintext }
}

// Three regular frames of 16 and a final one of 9 bytes: what the faults are put into.
const base = makeMessage('base', 57)
const parsed = parseHeader(base.message)
const bodyLength = parsed.length
const contextLength = encodeContext(parsed.header.context).length
const start = bodyLength + TAG_LENGTH
const layout = layoutOfMessage(start, FRAME, base.message.length)!
const other = makeMessage('other', 57)

const at = { version: 0, suite: 1, messageId: 3, contextLength: 35, context: 37, keys: 37 + contextLength, commitment: bodyLength - 32, frameLength: bodyLength - 36, content: bodyLength - 37, tag: bodyLength }
if (new TextDecoder().decode(base.message.subarray(at.keys + 4, at.keys + 11)) !== 'aws-kms') throw new Error('the offsets above are wrong')

function frame(number: number, of: Made = base): Uint8Array {
  const { position, length } = frameAt(layout, number)
  return of.message.subarray(position, position + length)
}

function flipped(position: number): Uint8Array {
  const message = Uint8Array.from(base.message)
  message[position]! ^= 1
  return message
}

/** The base with bytes of it replaced by others, perhaps more or fewer. */
function replaced(position: number, length: number, by: Uint8Array): Uint8Array {
  return concat(base.message.subarray(0, position), by, base.message.subarray(position + length))
}

const header = base.message.subarray(0, start)
const contextWith = (...parts: Uint8Array[]): Uint8Array => {
  const context = concat(...parts)
  return replaced(at.contextLength, 2 + contextLength, concat(u16(context.length), context))
}
const text = (value: string): Uint8Array => concat(u16(utf8(value).length), utf8(value))
const keyBytes = base.message.subarray(at.keys + 2, at.content)

type Fault = readonly [name: string, about: string, expect: string, message: Uint8Array]

const FAULTS: readonly Fault[] = [
  ['version-0', 'version 0', 'malformed', replaced(at.version, 1, Uint8Array.of(0))],
  ['version-3', 'version 3', 'malformed', replaced(at.version, 1, Uint8Array.of(3))],
  ['version-1', 'the beginning of version 1 (suite 0014), then a body of version 2', 'malformed', replaced(at.version, 3, Uint8Array.of(1, 0x80, 0, 0x14))],
  ['version-1-type', 'version 1 with an unknown type', 'malformed', replaced(at.version, 3, Uint8Array.of(1, 0x81, 0, 0x14))],
  ['suite-0578', 'the suite with a signature, and none there', 'not-authentic', replaced(at.suite, 2, u16(0x0578))],
  ['suite-0378', 'a suite of version 1', 'malformed', replaced(at.suite, 2, u16(0x0378))],
  ['header-cut-empty', 'no bytes at all', 'malformed', new Uint8Array()],
  ['header-cut-version', 'the version alone', 'malformed', base.message.subarray(0, 1)],
  ['header-cut-message-id', 'ends in the message id', 'malformed', base.message.subarray(0, 20)],
  ['header-cut-context', 'ends in the context', 'malformed', base.message.subarray(0, at.context + 9)],
  ['header-cut-key', 'ends in an encrypted data key', 'malformed', base.message.subarray(0, at.content - 5)],
  ['header-cut-commitment', 'ends in the commitment', 'malformed', base.message.subarray(0, at.commitment + 31)],
  ['header-long', 'five encrypted data keys of 65,535 bytes', 'malformed', replaced(at.keys, 2 + keyBytes.length, concat(u16(5), ...Array.from({ length: 5 }, () => concat(text('aws-kms'), text(ARN), u16(65_535), new Uint8Array(65_535)))))],
  ['context-count-zero', 'a list of no pairs, which has no bytes in its one encoding', 'malformed', contextWith(u16(0))],
  ['context-pair-missing', 'two pairs announced, one there', 'malformed', contextWith(u16(2), text('purpose'), text('vectors'))],
  ['context-left-over', 'one pair announced, two there', 'malformed', contextWith(u16(1), text('purpose'), text('vectors'), text('stufe'), text('höchste'))],
  ['context-key-twice', 'one key with two values', 'malformed', contextWith(u16(2), text('purpose'), text('vectors'), text('purpose'), text('another'))],
  ['context-not-utf8', 'a value that is no UTF-8', 'malformed', contextWith(u16(1), text('purpose'), u16(1), Uint8Array.of(0xff))],
  ['context-surrogate', 'half of a surrogate pair, as CESU-8 would have it', 'malformed', contextWith(u16(1), text('purpose'), u16(3), Uint8Array.of(0xed, 0xa0, 0x80))],
  ['keys-none', 'no encrypted data key', 'malformed', replaced(at.keys, 2 + keyBytes.length, u16(0))],
  ['keys-many', '17 encrypted data keys', 'unsupported', replaced(at.keys, 2 + keyBytes.length, concat(u16(17), ...Array.from({ length: 17 }, () => keyBytes)))],
  ['keys-announced', 'two announced, one there', 'malformed', replaced(at.keys, 2, u16(2))],
  ['provider-not-utf8', 'a provider id that is no UTF-8', 'malformed', replaced(at.keys + 4, 1, Uint8Array.of(0xff))],
  ['content-0', 'content type 0', 'malformed', replaced(at.content, 1, Uint8Array.of(0))],
  ['content-unframed', 'content type 1 with a frame length', 'malformed', replaced(at.content, 1, Uint8Array.of(1))],
  ['content-3', 'content type 3', 'malformed', replaced(at.content, 1, Uint8Array.of(3))],
  ['frame-length-zero', 'a frame length of 0', 'malformed', replaced(at.frameLength, 4, u32(0))],
  ['length-header-only', 'nothing behind the header', 'not-authentic', header],
  ['length-tag-cut', 'ends in the header tag', 'not-authentic', base.message.subarray(0, start - 1)],
  ['length-39', 'one byte less than an empty final frame', 'not-authentic', base.message.subarray(0, start + 39)],
  ['length-between', 'a length that no number of frames gives', 'not-authentic', base.message.subarray(0, start + 40 + FRAME + 1)],
  ['commitment-other', 'another commitment', 'not-authentic', flipped(at.commitment)],
  ['bound-message-id', 'a bit of the message id', 'not-authentic', flipped(at.messageId)],
  ['bound-context', 'another value in the context', 'not-authentic', replaced(at.context + 13, 7, utf8('Vectors'))],
  ['bound-context-pair', 'a pair left out', 'not-authentic', contextWith(u16(1), text('purpose'), text('vectors'))],
  ['bound-context-order', 'the pairs in another order', 'not-authentic', contextWith(u16(2), text('stufe'), text('höchste'), text('purpose'), text('vectors'))],
  ['bound-context-none', 'the context left out', 'not-authentic', contextWith()],
  ['bound-arn', 'another ARN', 'not-authentic', flipped(at.keys + 4 + 7 + 2 + 70)],
  ['bound-data-key', 'a bit of the encrypted data key', 'not-authentic', flipped(at.content - 1)],
  ['bound-data-key-added', 'a second encrypted data key', 'not-authentic', replaced(at.keys, 2, concat(u16(2), keyBytes))],
  ['bound-frame-length', 'another frame length, which fits the length of the file', 'not-authentic', replaced(at.frameLength, 4, u32(3 * (FRAME + 32) + 9))],
  ['bound-tag', 'a bit of the header tag', 'not-authentic', flipped(at.tag)],
  ['frame-number', 'the number of frame 2', 'not-authentic', flipped(frameAt(layout, 2).position + 3)],
  ['frame-iv', 'the IV of frame 2', 'not-authentic', flipped(frameAt(layout, 2).position + 15)],
  ['frame-ciphertext', 'a bit of the ciphertext of frame 2', 'not-authentic', flipped(frameAt(layout, 2).position + 16)],
  ['frame-tag', 'a bit of the tag of frame 2', 'not-authentic', flipped(frameAt(layout, 2).position + 47)],
  ['frame-end-mark', 'the end mark of the final frame', 'not-authentic', flipped(frameAt(layout, 4).position)],
  ['frame-final-number', 'the number of the final frame', 'not-authentic', flipped(frameAt(layout, 4).position + 7)],
  ['frame-final-iv', 'the IV of the final frame', 'not-authentic', flipped(frameAt(layout, 4).position + 19)],
  ['frame-final-length', 'the length of the final frame', 'not-authentic', flipped(frameAt(layout, 4).position + 23)],
  ['frame-final-ciphertext', 'a bit of the ciphertext of the final frame', 'not-authentic', flipped(frameAt(layout, 4).position + 24)],
  ['frame-final-tag', 'the last bit of the file', 'not-authentic', flipped(base.message.length - 1)],
  ['order-swapped', 'frames 1 and 2 in each other\'s place', 'not-authentic', concat(header, frame(2), frame(1), frame(3), frame(4))],
  ['order-twice', 'frame 1 in place of frame 2', 'not-authentic', concat(header, frame(1), frame(1), frame(3), frame(4))],
  ['order-left-out', 'frame 2 left out', 'not-authentic', concat(header, frame(1), frame(3), frame(4))],
  ['order-renumbered', 'frame 3 in place of frame 2, with the number and IV of 2', 'not-authentic', concat(header, frame(1), frame(2).subarray(0, 16), frame(3).subarray(16), frame(3), frame(4))],
  ['order-other-message', 'frame 2 of another message under the same data key', 'not-authentic', concat(header, frame(1), frame(2, other), frame(3), frame(4))],
  ['order-other-header', 'the frames of another message behind this header', 'not-authentic', concat(header, other.message.subarray(start))],
  ['cut-one-byte', 'the last byte is missing', 'not-authentic', base.message.subarray(0, -1)],
  ['cut-final-frame', 'the final frame is missing', 'not-authentic', base.message.subarray(0, frameAt(layout, 4).position)],
  ['cut-two-frames', 'the last two frames are missing', 'not-authentic', base.message.subarray(0, frameAt(layout, 3).position)],
  ['cut-in-frame', 'ends in frame 3', 'not-authentic', base.message.subarray(0, frameAt(layout, 3).position + 20)],
  ['appended-byte', 'a byte behind the final frame', 'not-authentic', concat(base.message, Uint8Array.of(0))],
  ['appended-16', '16 bytes behind the final frame', 'not-authentic', concat(base.message, new Uint8Array(16))],
  ['appended-final-frame', 'a second final frame', 'not-authentic', concat(base.message, frame(4))],
  ['appended-message', 'a second message', 'not-authentic', concat(base.message, base.message)],
  ['final-too-early', 'frame 1 as an empty final frame, then nothing', 'not-authentic', concat(header, u32(0xffff_ffff), u32(1), new Uint8Array(11), Uint8Array.of(1), u32(0), frame(1).subarray(-16))],
  ['final-in-the-middle', 'the final frame in place of frame 3, then frame 3', 'not-authentic', concat(header, frame(1), frame(2), frame(4), frame(3))],
  ['final-as-regular', 'the final frame without its end mark and length', 'not-authentic', concat(header, frame(1), frame(2), frame(3), frame(4).subarray(4, 20), frame(4).subarray(24))],
]

/** Every vector by name. */
export function fileMessageVectors(): Map<string, Vector> {
  const vectors = new Map<string, Vector>()
  const two = [
    { provider: 'raw', info: Uint8Array.of(0xff, 0x00, 0x80), ciphertext: new Uint8Array() },
    { provider: 'aws-kms', info: utf8(ARN), ciphertext: fixed('encrypted data key', 48) },
  ]
  const opening: readonly (readonly [name: string, about: string, made: Made])[] = [
    ['empty', 'no plaintext: one empty final frame', makeMessage('empty', 0)],
    ['one-byte', 'one byte', makeMessage('one-byte', 1)],
    ['frame-less-one', 'a byte less than a frame', makeMessage('frame-less-one', FRAME - 1)],
    ['one-frame', 'a full final frame', makeMessage('one-frame', FRAME)],
    ['frame-and-one', 'a byte more than a frame', makeMessage('frame-and-one', FRAME + 1)],
    ['four-frames', 'three regular frames and a final one', base],
    ['no-context', 'without a context', makeMessage('no-context', 20, { context: [] })],
    ['context-beyond-bmp', 'keys whose order by UTF-8 bytes and by UTF-16 units differs', makeMessage('context-beyond-bmp', 20, { context: [['\uffee', 'first'], ['\u{1f511}', 'second']] })],
    ['context-any-order', 'pairs in an order that we do not write', makeMessage('context-any-order', 20, { context: [['b', '2'], ['a', '1'], ['', '']] })],
    ['two-keys', 'a data key of a raw keyring before ours', makeMessage('two-keys', 20, { dataKeys: two })],
    ['frames-of-one-byte', 'the shortest frame length', makeMessage('frames-of-one-byte', 5, { frameLength: 1 })],
    ['frames-of-256-kib', 'the frame length that we write', makeMessage('frames-of-256-kib', 100, { frameLength: 262_144 })],
    ['longest-frame-length', 'the longest frame length, of which a short file has nothing', makeMessage('longest-frame-length', 100, { frameLength: 0xffff_ffff })],
  ]
  for (const [name, about, { message, dataKey, plaintext }] of opening) {
    vectors.set(`opens-${name}`, { header: { expect: 'opens', about, 'data-key': hex(dataKey), plaintext: hex(plaintext) }, body: message })
  }
  vectors.set('opens-final-empty', { header: { expect: 'opens', about: 'a full frame and an empty final one, as others may write it', 'data-key': hex(base.dataKey), plaintext: hex(fixed('plaintext', FRAME)) }, body: emptyFinal() })
  vectors.set('commitment-other-key', { header: { expect: 'not-authentic', about: 'another data key', 'data-key': hex(fixed('another data key', 32)) }, body: base.message })
  vectors.set('commitment-short-key', { header: { expect: 'not-authentic', about: 'a data key of 16 bytes', 'data-key': hex(base.dataKey.subarray(0, 16)) }, body: base.message })
  for (const [name, about, expect, message] of FAULTS) vectors.set(name, { header: { expect, about, 'data-key': hex(base.dataKey) }, body: message })
  return vectors
}

function emptyFinal(): Uint8Array {
  using secret = Secret.copy(base.dataKey)
  const messageId = fixed('message id final-empty', 32)
  const { header: head, key } = sealHeader(crypto, secret, { suite: PLAIN_SUITE, messageId, context: [], dataKeys: [{ provider: 'aws-kms', info: utf8(ARN), ciphertext: fixed('encrypted data key', 48) }], frameLength: FRAME })
  const empty = layoutOfMessage(head.length, FRAME, head.length + FRAME + 32 + 40)!
  const frames = createFrames(key, messageId, empty)
  return concat(head, ...frames.seal(1, fixed('plaintext', FRAME)), ...frames.seal(2, new Uint8Array()))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

if (process.argv[1] === import.meta.filename) writeVectors(FOLDER, fileMessageVectors())
