import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, constants, fchmodSync, fstatSync, futimesSync, linkSync, lstatSync, openSync, readSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { numberedName } from '#core/files/names.ts'
import { frameAAD, frameHead, ivOf, readFrameHead } from '#core/messages/frames.ts'
import { frameAt, layoutOfMessage, layoutOfPlaintext, type Layout } from '#core/messages/layout.ts'
import { COMMITMENT_LENGTH, FRAME_LENGTH, MESSAGE_ID_LENGTH, TAG_LENGTH } from '#core/messages/suite.ts'
import type { SmallFile, SmallOutcome } from '#core/ports/files.ts'
import { concat, u16, utf8 } from '#core/vocabulary/bytes.ts'
import { NO_LINKS, systemCode } from '../failures.ts'
import type { Cipher, Provider } from './cipher.ts'
import type { Small } from './protocol.ts'
import { createVolumeSync } from './volume-sync.ts'

// Many small files under one data key: each is read whole, ciphered and written as a `.part`; then all of a chunk are made durable together,
// then they get their names. All of a file's steps are synchronous: a small file's time is the system's calls.

/** The message id stands behind version and suite. */
const ID_AT = 3
const DERIVE = concat(u16(0x0478), utf8('DERIVEKEY'), Uint8Array.of(1))
const COMMIT = concat(utf8('COMMITKEY'), Uint8Array.of(1))
const HEADER_IV = new Uint8Array(12)
const NOTHING = new Uint8Array()

const volumes = createVolumeSync()

interface Written {
  readonly at: number
  readonly file: SmallFile
  readonly part: string
  readonly descriptor: number
  readonly size: number
}

/** One chunk; the outcomes are in the order of its files. */
export function runSmall(provider: Provider, small: Small): SmallOutcome[] {
  const outcomes: SmallOutcome[] = small.files.map(() => ({ outcome: 'elsewhere' }))
  const written: Written[] = []
  small.files.forEach((file, at) => {
    try {
      const result = writeOne(provider, small, file, at)
      if ('part' in result) written.push(result)
      else outcomes[at] = result
    } catch (error) {
      outcomes[at] = failed(error)
    }
  })
  try {
    volumes.sync(written.map(({ descriptor }) => descriptor))
  } catch (error) {
    for (const { at, part, descriptor } of written) {
      outcomes[at] = failed(error)
      closeSync(descriptor)
      unlinkSync(part)
    }
    return outcomes
  }
  for (const { at, file, part, descriptor, size } of written) {
    closeSync(descriptor)
    const outcome = named(part, file, small.existing, size)
    outcomes[at] = outcome
    if (outcome.outcome !== 'done') unlinkSync(part)
  }
  return outcomes
}

function named(part: string, file: SmallFile, existing: Small['existing'], size: number): SmallOutcome {
  try {
    const name = giveName(part, file, existing)
    return name === undefined ? { outcome: 'exists' } : { outcome: 'done', name, size }
  } catch (error) {
    return failed(error)
  }
}

function writeOne(provider: Provider, small: Small, file: SmallFile, at: number): Written | SmallOutcome {
  if (small.existing !== 'keep-both') {
    const there = lstatSync(join(file.folder, file.target), { throwIfNoEntry: false })
    if (there !== undefined && (small.existing === 'refuse' || !there.isFile())) return { outcome: 'exists' }
  }
  const source = openSync(file.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const before = fstatSync(source)
    // Too long by now for memory: the caller does it as any long file.
    if (!before.isFile() || before.size > small.longest) return { outcome: 'elsewhere' }
    const content = Buffer.allocUnsafeSlow(before.size)
    for (let got = 0; got < content.length;) {
      const count = readSync(source, content, got, content.length - got, got)
      if (count === 0) return { outcome: 'changed' }
      got += count
    }
    const made = small.kind === 'seal-small' ? seal(provider, small, content) : open(provider, small, content)
    if (!(made instanceof Uint8Array)) return { outcome: made }
    const after = fstatSync(source)
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) return { outcome: 'changed' }
    return writePart(join(file.folder, `${small.part}${file.number}.part`), made, before, file, at)
  } finally {
    closeSync(source)
  }
}

function writePart(part: string, bytes: Uint8Array, facts: { mtimeMs: number; mode: number }, file: SmallFile, at: number): Written {
  const descriptor = openSync(part, 'wx', 0o600)
  try {
    for (let put = 0; put < bytes.length;) put += writeSync(descriptor, bytes, put, bytes.length - put)
    tolerating(() => { futimesSync(descriptor, facts.mtimeMs / 1000, facts.mtimeMs / 1000) })
    tolerating(() => { fchmodSync(descriptor, facts.mode & 0o777) })
    return { at, file, part, descriptor, size: bytes.length }
  } catch (error) {
    closeSync(descriptor)
    unlinkSync(part)
    throw Object.assign(error instanceof Error ? error : new Error('write'), { syscall: 'write' })
  }
}

/** Time and mode are a service: some file systems have none. */
function tolerating(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'].includes(systemCode(error) ?? '')) throw error
  }
}

function seal(provider: Provider, { dataKey, header: template }: Small, plaintext: Uint8Array): Uint8Array | 'elsewhere' {
  const layout = layoutOfPlaintext(template.length + TAG_LENGTH, FRAME_LENGTH, plaintext.length)
  if (layout === undefined) return 'elsewhere'
  const message = Buffer.allocUnsafeSlow(layout.messageLength)
  const messageId = randomBytes(MESSAGE_ID_LENGTH)
  const keys = derive(dataKey, messageId)
  const cipher = provider.open(keys.frames)
  keys.frames.fill(0)
  try {
    message.set(template)
    message.set(messageId, ID_AT)
    message.set(keys.commitment, template.length - COMMITMENT_LENGTH)
    cipher.seal(HEADER_IV, message.subarray(0, template.length), NOTHING, NOTHING, message.subarray(template.length, layout.start))
    for (let number = 1; number <= layout.frames; number++) {
      const place = frameAt(layout, number)
      const frame = message.subarray(place.position, place.position + place.length)
      const head = frameHead(layout, number)
      frame.set(head)
      const bytes = plaintext.subarray(place.plaintextPosition, place.plaintextPosition + place.plaintextLength)
      cipher.seal(ivOf(number), frameAAD(messageId, layout, number), bytes, frame.subarray(head.length, head.length + bytes.length), frame.subarray(-TAG_LENGTH))
    }
    return message
  } finally {
    cipher.close()
  }
}

/** `elsewhere` if the file is under another data key, context or suite than this job's. */
function open(provider: Provider, { dataKey, header: template }: Small, message: Uint8Array): Uint8Array | 'elsewhere' | 'not-authentic' {
  if (message.length < template.length) return 'elsewhere'
  const head = Buffer.from(message.subarray(0, template.length))
  const messageId = Buffer.from(head.subarray(ID_AT, ID_AT + MESSAGE_ID_LENGTH))
  const commitment = Buffer.from(head.subarray(template.length - COMMITMENT_LENGTH))
  head.fill(0, ID_AT, ID_AT + MESSAGE_ID_LENGTH)
  head.fill(0, template.length - COMMITMENT_LENGTH)
  if (!head.equals(template)) return 'elsewhere'
  const start = template.length + TAG_LENGTH
  const layout = layoutOfMessage(start, Buffer.from(template).readUInt32BE(template.length - COMMITMENT_LENGTH - 4), message.length)
  if (layout === undefined) return 'not-authentic'
  const keys = derive(dataKey, messageId)
  const cipher = provider.open(keys.frames)
  keys.frames.fill(0)
  try {
    if (!timingSafeEqual(keys.commitment, commitment)) return 'not-authentic'
    if (!cipher.open(HEADER_IV, message.subarray(0, template.length), NOTHING, message.subarray(template.length, start), NOTHING)) return 'not-authentic'
    return openFrames(cipher, messageId, layout, message)
  } finally {
    cipher.close()
  }
}

function openFrames(cipher: Cipher, messageId: Uint8Array, layout: Layout, message: Uint8Array): Uint8Array | 'not-authentic' {
  const plaintext = Buffer.allocUnsafeSlow(layout.plaintextLength)
  for (let number = layout.frames; number >= 1; number--) {
    const place = frameAt(layout, number)
    const frame = message.subarray(place.position, place.position + place.length)
    const head = readFrameHead(layout, number, frame)
    const into = plaintext.subarray(place.plaintextPosition, place.plaintextPosition + place.plaintextLength)
    if (head === undefined || !cipher.open(head.iv, frameAAD(messageId, layout, number), frame.subarray(head.length, -TAG_LENGTH), frame.subarray(-TAG_LENGTH), into)) {
      plaintext.fill(0)
      return 'not-authentic'
    }
  }
  return plaintext
}

/** HKDF-SHA512 as core/messages/keys.ts has it, with one block each: three HMACs. */
function derive(dataKey: Uint8Array, messageId: Uint8Array): { readonly frames: Buffer; readonly commitment: Buffer } {
  const pseudorandom = createSecretKey(mac(createSecretKey(messageId), dataKey))
  return { frames: mac(pseudorandom, DERIVE).subarray(0, 32), commitment: mac(pseudorandom, COMMIT).subarray(0, COMMITMENT_LENGTH) }
}

function mac(key: KeyObject, data: Uint8Array): Buffer {
  return createHmac('sha512', key).update(data).digest()
}

/** Undefined if the name is taken and is to stay so. */
function giveName(part: string, { folder, target }: SmallFile, existing: Small['existing']): string | undefined {
  if (existing === 'replace') {
    renameSync(part, join(folder, target))
    return target
  }
  for (let n = 1; ; n++) {
    const name = n === 1 ? target : numberedName(target, n)
    if (namedIfFree(part, join(folder, name))) return name
    if (existing === 'refuse') return undefined
  }
}

/** False if the name is taken. A rename would replace whatever has come meanwhile; a link never does. */
function namedIfFree(part: string, path: string): boolean {
  try {
    linkSync(part, path)
  } catch (error) {
    const code = systemCode(error) ?? ''
    if (code === 'EEXIST') return false
    if (NO_LINKS.has(code)) return renamedIfFree(part, path)
    throw error
  }
  unlinkSync(part)
  return true
}

/** File systems without hard links, such as FAT: a name is taken first, by an empty file. */
function renamedIfFree(part: string, path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
  renameSync(part, path)
  return true
}

function failed(error: unknown): SmallOutcome {
  const code = systemCode(error)
  if (code === undefined) throw error
  const side = error instanceof Error && 'syscall' in error && error.syscall === 'write' ? 'write' : 'read'
  return { outcome: 'system', side, code }
}
