import { footersIn, MOST_FOOTER_BYTES } from '#core/messages/footer.ts'
import { readFrameHead } from '#core/messages/frames.ts'
import { headerTagLength, parseHeader, type MessageHeader } from '#core/messages/header.ts'
import { frameAt, layoutOfMessage, longestFrame, type Layout } from '#core/messages/layout.ts'
import { IV_LENGTH, MOST_FRAME_BYTES, MOST_HEADER_BYTES, TAG_LENGTH } from '#core/messages/suite.ts'
import type { ByteSource } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'

/** The front of an encrypted file, of which nothing is authentic yet. */
export interface MessageFront {
  readonly header: MessageHeader
  /** The header's bytes, over which its tag is made. */
  readonly body: Uint8Array
  /** In version 1 behind its IV. */
  readonly tag: Uint8Array
  /** Undefined if the file has a length that no whole message can have: something is missing, or was put behind it. */
  readonly layout: Layout | undefined
  /** Of a signed message that may be whole. */
  readonly signature: Uint8Array | undefined
}

/** Whether messages without key commitment are read, as the Encryption SDK's commitment policies have it. */
export type CommitmentPolicy = 'require' | 'allow'

/** Reads the front of an encrypted file, and of a signed one its end. Throws MALFORMED, and what the source throws. */
export async function readFront(source: ByteSource): Promise<MessageFront> {
  const bytes = new Uint8Array(Math.min(source.size, MOST_HEADER_BYTES + IV_LENGTH + TAG_LENGTH))
  await source.read(bytes, 0)
  const front = parseFront(bytes, source.size)
  if (front.header.suite.signature === undefined) return front
  return { ...front, ...(await readFooter(source, front)) }
}

/** The same from the first bytes of a file of the given size. A signed message's layout shows in its end only. */
export function parseFront(bytes: Uint8Array, size: number): MessageFront {
  const { header, length } = parseHeader(bytes)
  const start = length + headerTagLength(header.suite)
  const layout = header.suite.signature === undefined ? layoutOfMessage(start, header.frameLength, size) : undefined
  return { header, body: bytes.slice(0, length), tag: bytes.slice(length, start), layout, signature: undefined }
}

/** The layout of a message that may be whole and fits in memory frame by frame. Throws NOT_AUTHENTIC, MALFORMED. */
export function requireLayout({ layout }: MessageFront, file: string): Layout {
  if (layout === undefined) throw new VaultError('NOT_AUTHENTIC', { what: file })
  if (longestFrame(layout) > MOST_FRAME_BYTES) {
    throw new VaultError('MALFORMED', { what: 'a file that Holdfast reads: it is an AWS Encryption SDK message with frames of more than 64 MiB' })
  }
  return layout
}

/** Throws MALFORMED for a message that does not commit to its key, unless such are allowed. */
export function requireCommitment({ header }: MessageFront, policy: CommitmentPolicy): void {
  if (policy === 'allow' || header.suite.commits) return
  throw new VaultError('MALFORMED', { what: 'a file that Holdfast reads unless told to: it is an AWS Encryption SDK message without key commitment' })
}

async function readFooter(source: ByteSource, front: MessageFront): Promise<Pick<MessageFront, 'layout' | 'signature'>> {
  const end = new Uint8Array(Math.min(source.size, MOST_FOOTER_BYTES))
  await source.read(end, source.size - end.length)
  const message = { start: front.body.length + front.tag.length, frameLength: front.header.frameLength, size: source.size }
  for (const footer of footersIn(end, message)) if (await hasFinalHead(source, footer.layout)) return footer
  return { layout: undefined, signature: undefined }
}

/** Whether a final frame's head stands where it should; no key is needed to see that. */
export async function hasFinalHead(source: ByteSource, layout: Layout): Promise<boolean> {
  const { position, length } = frameAt(layout, layout.frames)
  const head = new Uint8Array(Math.min(length, 24))
  await source.read(head, position)
  return readFrameHead(layout, layout.frames, head) !== undefined
}
