import { concat, u16, u32, utf8 } from '../vocabulary/bytes.ts'
import { VaultError, unreachable } from '../vocabulary/failures.ts'
import { encodeContext, parseContext, type ContextPairs } from './context.ts'
import { openReader, type Reader } from './reader.ts'
import { COMMITMENT_LENGTH, findSuite, IV_LENGTH, MOST_DATA_KEYS, MOST_HEADER_BYTES, TAG_LENGTH, type Suite } from './suite.ts'

/** The header body of a message: docs/spec/file-message-v1.md, "Header" and "Version 1". */
export interface MessageHeader {
  readonly suite: Suite
  /** Random bytes, the salt of the key derivation: 32, of version 1 16. */
  readonly messageId: Uint8Array
  /** In the order in which it is written. */
  readonly context: ContextPairs
  /** At least one. */
  readonly dataKeys: readonly EncryptedDataKey[]
  /** Plaintext bytes of each frame but the last; 0 if the body is not framed, which only others write. */
  readonly frameLength: number
  /** 32 bytes that only the right data key yields; none if the suite does not commit. */
  readonly commitment: Uint8Array
}

export interface EncryptedDataKey {
  /** `aws-kms` for a key of a KMS. */
  readonly provider: string
  /** The provider's own; a KMS key's ARN in UTF-8. */
  readonly info: Uint8Array
  readonly ciphertext: Uint8Array
}

const UNFRAMED = 1
const FRAMED = 2
/** Version 1 has a type, which is always this. */
const TYPE = 0x80

/** The header body's bytes, over which the header tag is made. Wrong lengths are our own fault. */
export function encodeHeader(header: MessageHeader): Uint8Array<ArrayBuffer> {
  const { suite, messageId, context, dataKeys, frameLength, commitment } = header
  if (messageId.length !== messageIdLength(suite) || commitment.length !== (suite.commits ? COMMITMENT_LENGTH : 0) || dataKeys.length === 0) {
    unreachable('message header of a wrong form')
  }
  const pairs = encodeContext(context)
  const keys = dataKeys.flatMap(({ provider, info, ciphertext }) => [utf8(provider), info, ciphertext].flatMap((part) => [u16(part.length), part]))
  return concat(
    suite.version === 2 ? Uint8Array.of(2) : Uint8Array.of(1, TYPE),
    u16(suite.id),
    messageId,
    u16(pairs.length),
    pairs,
    u16(dataKeys.length),
    ...keys,
    Uint8Array.of(frameLength === 0 ? UNFRAMED : FRAMED),
    ...(suite.version === 1 ? [u32(0), Uint8Array.of(IV_LENGTH)] : []),
    u32(frameLength),
    commitment,
  )
}

/**
 * Reads the header body at the front of a message. `length` is its own length; the header's authentication follows. Nothing of it is
 * authentic before that is verified. Throws MALFORMED for what is no message, unsupported, or cut short. `encodeHeader` gives the same
 * bytes again. The parts are views of the given bytes.
 */
export function parseHeader(message: Uint8Array): { readonly header: MessageHeader; readonly length: number } {
  const reader = openReader(message.subarray(0, MOST_HEADER_BYTES), notOurs)
  const suite = readSuite(reader)
  const messageId = reader.take(messageIdLength(suite))
  const context = parseContext(reader.prefixed(), notOurs)
  const dataKeys = readDataKeys(reader)
  const contentType = reader.u8()
  // Four bytes that are 0, and the length of an IV that is always 12.
  if (suite.version === 1 && (reader.u32() !== 0 || reader.u8() !== IV_LENGTH)) throw notOurs()
  const frameLength = reader.u32()
  if ((contentType !== FRAMED && contentType !== UNFRAMED) || (contentType === FRAMED) !== frameLength > 0) throw notOurs()
  const commitment = reader.take(suite.commits ? COMMITMENT_LENGTH : 0)
  return { header: { suite, messageId, context, dataKeys, frameLength, commitment }, length: reader.position }
}

/** Bytes between header body and message body: the header's tag, in version 1 behind its IV. */
export function headerTagLength({ version }: Suite): number {
  return version === 1 ? IV_LENGTH + TAG_LENGTH : TAG_LENGTH
}

function messageIdLength({ version }: Suite): number {
  return version === 1 ? 16 : 32
}

function readSuite(reader: Reader): Suite {
  const version = reader.u8()
  if (version === 1 && reader.u8() !== TYPE) throw notOurs()
  return findSuite(reader.u16(), version) ?? thrown(notOurs())
}

function readDataKeys(reader: Reader): EncryptedDataKey[] {
  const count = reader.u16()
  if (count === 0) throw notOurs()
  if (count > MOST_DATA_KEYS) throw unsupported(`with more than ${MOST_DATA_KEYS} data keys`)
  const dataKeys: EncryptedDataKey[] = []
  while (dataKeys.length < count) dataKeys.push({ provider: reader.text(), info: reader.prefixed(), ciphertext: reader.prefixed() })
  return dataKeys
}

function thrown(error: Error): never {
  throw error
}

function notOurs(): VaultError {
  return new VaultError('MALFORMED', { what: 'an encrypted file (a message of the AWS Encryption SDK)' })
}

/** A message of the Encryption SDK, but of a kind that is not read here. */
function unsupported(kind: string): VaultError {
  return new VaultError('MALFORMED', { what: `a file that Holdfast reads: it is an AWS Encryption SDK message ${kind}` })
}
