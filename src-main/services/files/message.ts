import { parseHeader, type MessageHeader } from '#core/messages/header.ts'
import { layoutOfMessage, longestFrame, type Layout } from '#core/messages/layout.ts'
import { MOST_FRAME_BYTES, MOST_HEADER_BYTES, TAG_LENGTH } from '#core/messages/suite.ts'
import type { ByteSource } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'

/** The front of an encrypted file, of which nothing is authentic yet. */
export interface MessageFront {
  readonly header: MessageHeader
  /** The header's bytes, over which its tag is made. */
  readonly body: Uint8Array
  readonly tag: Uint8Array
  /** Undefined if the file has a length that no whole message can have: something is missing, or was put behind it. */
  readonly layout: Layout | undefined
}

/** Reads the front of an encrypted file. Throws MALFORMED, and what the source throws. */
export async function readFront(source: ByteSource): Promise<MessageFront> {
  const bytes = new Uint8Array(Math.min(source.size, MOST_HEADER_BYTES + TAG_LENGTH))
  await source.read(bytes, 0)
  return parseFront(bytes, source.size)
}

/** The same from the first bytes of a file of the given size. */
export function parseFront(bytes: Uint8Array, size: number): MessageFront {
  const { header, length } = parseHeader(bytes)
  const start = length + TAG_LENGTH
  return { header, body: bytes.slice(0, length), tag: bytes.slice(length, start), layout: layoutOfMessage(start, header.frameLength, size) }
}

/** The layout of a message that may be whole and fits in memory frame by frame. Throws NOT_AUTHENTIC, MALFORMED. */
export function requireLayout({ layout }: MessageFront, file: string): Layout {
  if (layout === undefined) throw new VaultError('NOT_AUTHENTIC', { what: file })
  if (longestFrame(layout) > MOST_FRAME_BYTES) {
    throw new VaultError('MALFORMED', { what: 'a file that Holdfast reads: it is an AWS Encryption SDK message with frames of more than 64 MiB' })
  }
  return layout
}
