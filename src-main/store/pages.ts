import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import type { Secret } from '#core/vocabulary/secret.ts'

// SQLCipher 4's page format (zetetic.net/sqlcipher/design): 4096 bytes, of which the last 80 are IV (16) and HMAC-SHA512 (64);
// the first 16 bytes of page 1 are the salt of the HMAC key. WAL: sqlite.org/fileformat2.html, section 4.

const PAGE = 4096
const STRIDE = 64 * PAGE
const TAG = 64
const SALT = 16
const WAL_HEADER = 32
const FRAME_HEADER = 24
/** The sweep at each open stops after 32 MiB, about 0.2 s; damage behind that is found when its page is read. */
const MOST_PAGES = 8_192

export type Verdict = 'intact' | 'other key or damaged' | 'damaged'

/**
 * Looks at a database file without opening it in SQLite, which would touch the files even with a wrong key. The first page authenticates
 * under the right key only; whether the key or the page is wrong cannot be told. Pages that wait in the WAL are left to SQLite, which
 * repairs them from there after a power failure.
 */
export function examinePages(path: string, key: Secret): Verdict {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    if (size < PAGE) return 'damaged'
    const salt = read(file, 0, SALT)
    const authentic = pageCheck(key, salt)
    const waiting = walPages(`${path}-wal`, authentic)
    if (!authentic(read(file, 0, PAGE), 1) && !waiting.firstIsAuthentic) return 'other key or damaged'
    if (size % PAGE !== 0 && waiting.numbers.size === 0) return 'damaged'
    const end = Math.min(Math.floor(size / PAGE), MOST_PAGES) * PAGE
    for (let at = 0; at < end; at += STRIDE) {
      const pages = read(file, at, Math.min(STRIDE, end - at))
      for (let offset = 0; offset < pages.length; offset += PAGE) {
        const number = (at + offset) / PAGE + 1
        if (!waiting.numbers.has(number) && !authentic(pages.subarray(offset, offset + PAGE), number)) return 'damaged'
      }
    }
    return 'intact'
  } finally {
    closeSync(file)
  }
}

function pageCheck(key: Secret, salt: Buffer): (page: Buffer, number: number) => boolean {
  const macKey = pbkdf2Sync(key.bytes, salt.map((byte) => byte ^ 0x3a), 2, 32, 'sha512')
  const suffix = Buffer.alloc(4)
  return (page, number) => {
    // A page that was never written (a hole) holds nothing: SQLCipher takes it as empty.
    if (number > 1 && page.every((byte) => byte === 0)) return true
    suffix.writeUInt32LE(number)
    const mac = createHmac('sha512', macKey).update(page.subarray(number === 1 ? SALT : 0, PAGE - TAG)).update(suffix).digest()
    return timingSafeEqual(mac, page.subarray(PAGE - TAG))
  }
}

/** The pages in the current run of the WAL: frames with the salts of its header. */
function walPages(path: string, authentic: (page: Buffer, number: number) => boolean): { numbers: Set<number>; firstIsAuthentic: boolean } {
  const found = { numbers: new Set<number>(), firstIsAuthentic: false }
  if (!existsSync(path)) return found
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const salts = read(file, 16, 8)
    for (let at = WAL_HEADER; at + FRAME_HEADER + PAGE <= size; at += FRAME_HEADER + PAGE) {
      const header = read(file, at, FRAME_HEADER)
      if (!header.subarray(8, 16).equals(salts)) continue
      const number = header.readUInt32BE(0)
      found.numbers.add(number)
      if (number === 1 && !found.firstIsAuthentic) found.firstIsAuthentic = authentic(read(file, at + FRAME_HEADER, PAGE), 1)
    }
    return found
  } finally {
    closeSync(file)
  }
}

/** Zeros behind the end of the file. */
function read(file: number, at: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  readSync(file, buffer, 0, length, at)
  return buffer
}
