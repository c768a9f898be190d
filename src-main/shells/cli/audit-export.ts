import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { AuditFilter } from '#contract/audit.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Access } from './access.ts'
import { writeNew } from './new-files.ts'

const HOUR = 60 * 60 * 1000

/** Pages of records, oldest first, to a new file or to the standard output. Ends between two pages when the signal aborts. */
export async function exportRecords(access: Access, filter: AuditFilter, format: 'jsonl' | 'csv', file: string | undefined, watch: Watch): Promise<void> {
  const out = file === undefined ? process.stdout.fd : openNew(file)
  try {
    for (let at: number | undefined = 0; at !== undefined;) {
      if (watch.signal.aborted) throw new VaultError('CANCELLED')
      const page: { text: string; next?: number | undefined; of: number } = await access.api.audit.page({ ...filter, at, format })
      writeWhole(out, Buffer.from(page.text))
      at = page.next
      watch.tell(at ?? page.of, page.of)
    }
  } finally {
    if (file !== undefined) closeSync(out)
  }
}

export interface Watch {
  readonly signal: AbortSignal
  readonly tell: (done: number, of: number) => void
}

export interface CloudTrailTarget {
  readonly folder: string
  readonly account: string
  readonly region: string
  readonly bucket: string
  readonly trail: string
  readonly from: Date
  readonly to: Date
}

/**
 * CloudTrail's files below a folder, named as their objects are: logs and digests in gzip; each digest's signature, which S3 keeps in the
 * object's metadata, in a file beside it; the key to verify them. Gives the number of digests.
 */
export async function exportCloudTrail(access: Access, target: CloudTrailTarget, watch: Watch): Promise<number> {
  const { folder, account, region, bucket, trail } = target
  const end = Math.floor(target.to.getTime() / 1000) * 1000
  let chain: { object: string; sha256: string; signature: string } | undefined
  let digests = 0
  const start = Math.floor(target.from.getTime() / HOUR) * HOUR
  for (let from = start; from < end; from += HOUR) {
    if (watch.signal.aborted) throw new VaultError('CANCELLED')
    const to = Math.min(from + HOUR, end)
    const made = await access.api.audit.cloudTrail({ account, region, bucket, trail, from: new Date(from), to: new Date(to), ...(chain === undefined ? {} : { chain }) })
    for (const log of made.logs) writeNew(join(folder, log.object), gzipSync(log.content))
    writeNew(join(folder, made.digest.object), gzipSync(made.digest.content))
    writeNew(join(folder, `${made.digest.object}.signature`), `${made.digest.signature}\n`)
    if (digests === 0) writeNew(join(folder, `${made.publicKey.fingerprint}.pem`), made.publicKey.pem)
    chain = made.chain
    digests += 1
    watch.tell(to - start, end - start)
  }
  return digests
}

function openNew(file: string): number {
  writeNew(file, '')
  return openSync(file, 'a')
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
}
