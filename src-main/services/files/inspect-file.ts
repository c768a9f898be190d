import { contextMap } from '#core/messages/context.ts'
import type { EncryptedDataKey } from '#core/messages/header.ts'
import { KMS_PROVIDER } from '#core/messages/suite.ts'
import type { Files } from '#core/ports/files.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import { hasFinalHead, parseFront, readFront, type MessageFront } from './message.ts'

/** What an encrypted file says of itself. No key was used: none of it is verified. */
export interface FileFactsSeen {
  /** Bytes of the encrypted file. */
  readonly size: number
  /** Undefined if the file is cut, or has something behind its end. */
  readonly plaintextLength: number | undefined
  readonly frames: number | undefined
  readonly frameLength: number
  readonly headerLength: number
  readonly format: FormatFacts
  /** Lower-case hex. */
  readonly messageId: string
  readonly context: Record<string, string>
  readonly dataKeys: DataKeyFacts[]
}

export interface FormatFacts {
  readonly version: number
  /** The algorithm suite's id, four hex digits. */
  readonly suite: string
  readonly signed: boolean
  /** False if the message does not commit to its key: read only where that is allowed. */
  readonly commits: boolean
}

export interface DataKeyFacts {
  readonly provider: string
  /** Undefined if it is no KMS's. */
  readonly keyArn: string | undefined
  /** Bytes of its ciphertext. */
  readonly length: number
}

/** Reads the header of a file on the host. Throws MALFORMED, FILE_UNREADABLE. */
export async function inspectFile(files: Pick<Files, 'open'>, path: string): Promise<FileFactsSeen> {
  const source = await files.open(path)
  try {
    const front = await readFront(source)
    // A cut in the body may leave a length that a whole message could have.
    const whole = front.layout !== undefined && (await hasFinalHead(source, front.layout))
    return factsOf(whole ? front : { ...front, layout: undefined }, source.size)
  } finally {
    await source.close()
  }
}

/** The same from a file's first bytes (256 KiB and 16 bytes are always enough) and its size; its end is not looked at. Throws MALFORMED. */
export function inspectFront(bytes: Uint8Array, size: number): FileFactsSeen {
  return factsOf(parseFront(bytes, size), size)
}

function factsOf({ header, body, tag, layout }: MessageFront, size: number): FileFactsSeen {
  return {
    size,
    plaintextLength: layout?.plaintextLength,
    frames: layout?.frames,
    frameLength: header.frameLength,
    headerLength: body.length + tag.length,
    format: { version: header.suite.version, suite: header.suite.id.toString(16).padStart(4, '0'), signed: header.suite.signature !== undefined, commits: header.suite.commits },
    messageId: toHex(header.messageId),
    context: { ...contextMap(header.context) },
    dataKeys: header.dataKeys.map(dataKeyFacts),
  }
}

function dataKeyFacts({ provider, info, ciphertext }: EncryptedDataKey): DataKeyFacts {
  // Printable ASCII is all that an ARN has; anything else is not shown as one.
  const text = String.fromCharCode(...info.subarray(0, 2048))
  const isArn = provider === KMS_PROVIDER && /^arn:[\x21-\x7e]+$/.test(text)
  return { provider, keyArn: isArn ? text : undefined, length: ciphertext.length }
}
