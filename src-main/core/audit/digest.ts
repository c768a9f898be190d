import { wholeSeconds } from './export.ts'

// CloudTrail's log file integrity validation (AWS CloudTrail user guide, "CloudTrail digest file structure" and "Custom implementations of
// CloudTrail log file integrity validation"): names of objects, the digest's members, and the string that is signed.

export interface DigestChain {
  readonly object: string
  /** Of the uncompressed digest, lower-case hex. */
  readonly sha256: string
  /** Lower-case hex. */
  readonly signature: string
}

export interface DeliveredLog {
  readonly object: string
  /** Of the uncompressed log, lower-case hex. */
  readonly sha256: string
  readonly oldest: number
  readonly newest: number
}

export interface Delivery {
  readonly account: string
  readonly region: string
  readonly bucket: string
  readonly trail: string
  /** Milliseconds since 1970. */
  readonly from: number
  readonly to: number
}

/** `AWSLogs/…/ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz`; unique: 16 letters and digits. */
export function logObject({ account, region, to }: Delivery, unique: string): string {
  return `AWSLogs/${account}/CloudTrail/${region}/${folder(to)}/${account}_CloudTrail_${region}_${compact(to).slice(0, 13)}Z_${unique}.json.gz`
}

export function digestObject({ account, region, trail, to }: Delivery): string {
  return `AWSLogs/${account}/CloudTrail-Digest/${region}/${folder(to)}/${account}_CloudTrail-Digest_${region}_${trail}_${region}_${compact(to)}Z.json.gz`
}

export function digestText(delivery: Delivery, fingerprint: string, logs: readonly DeliveredLog[], chain: DigestChain | undefined): string {
  const { account, bucket, from, to } = delivery
  return JSON.stringify({
    awsAccountId: account,
    digestStartTime: wholeSeconds(from),
    digestEndTime: wholeSeconds(to),
    digestS3Bucket: bucket,
    digestS3Object: digestObject(delivery),
    digestPublicKeyFingerprint: fingerprint,
    digestSignatureAlgorithm: 'SHA256withRSA',
    newestEventTime: logs.length === 0 ? null : wholeSeconds(Math.max(...logs.map(({ newest }) => newest))),
    oldestEventTime: logs.length === 0 ? null : wholeSeconds(Math.min(...logs.map(({ oldest }) => oldest))),
    previousDigestS3Bucket: chain === undefined ? null : bucket,
    previousDigestS3Object: chain?.object ?? null,
    previousDigestHashValue: chain?.sha256 ?? null,
    previousDigestHashAlgorithm: chain === undefined ? null : 'SHA-256',
    previousDigestSignature: chain?.signature ?? null,
    logFiles: logs.map(({ object, sha256, oldest, newest }) => ({
      s3Bucket: bucket,
      s3Object: object,
      hashValue: sha256,
      hashAlgorithm: 'SHA-256',
      newestEventTime: wholeSeconds(newest),
      oldestEventTime: wholeSeconds(oldest),
    })),
  })
}

/** What the digest's signature is over. `sha256`: of the uncompressed digest, lower-case hex. */
export function digestSigned(delivery: Delivery, sha256: string, chain: DigestChain | undefined): string {
  return [wholeSeconds(delivery.to), `${delivery.bucket}/${digestObject(delivery)}`, sha256, chain?.signature ?? 'null'].join('\n')
}

function folder(at: number): string {
  return new Date(at).toISOString().slice(0, 10).replaceAll('-', '/')
}

/** `20261125T080000` */
function compact(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
}
