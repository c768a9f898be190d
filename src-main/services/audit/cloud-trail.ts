import { digestObject, digestSigned, digestText, logObject, type DeliveredLog, type Delivery, type DigestChain } from '#core/audit/digest.ts'
import { eventOf, recordFacts } from '#core/audit/event.ts'
import { cloudTrailLog } from '#core/audit/export.ts'
import { toPem } from '#core/audit/proof.ts'
import { publicKeyBytes } from '#core/keys/public-keys.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { ServiceKeyRow, Store } from '#core/ports/store.ts'
import { toHex, utf8 } from '#core/vocabulary/bytes.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { Resource } from '../authorisation.ts'
import type { Operation, Targeted } from '../operation.ts'
import type { ServiceKeys } from './service-keys.ts'
import { auditQuery } from './views.ts'

const HOUR = 60 * 60 * 1000
/** Records in one log file: below CloudTrail's own size of files. */
const RECORDS_A_LOG = 10_000

export interface CloudTrailRequest {
  account: string
  region: string
  from: Date
  to: Date
  bucket: string
  trail: string
  chain?: DigestChain | undefined
}

export interface CloudTrailHour {
  logs: { object: string; content: Uint8Array }[]
  digest: { object: string; content: Uint8Array; signature: string }
  chain: { object: string; sha256: string; signature: string }
  publicKey: { fingerprint: string; pkcs1: Uint8Array; pem: string }
}

/** One hour after the other as CloudTrail delivers them: logs and a signed digest, each digest naming the one before. */
export function cloudTrailExport(parts: { ambient: Ambient; crypto: Crypto; store: Store; serviceKeys: ServiceKeys; resources: readonly Resource[] }) {
  const { ambient, crypto, store, serviceKeys, resources } = parts

  const exportCloudTrail: Operation<CloudTrailRequest, Targeted, CloudTrailHour> = {
    name: 'ExportCloudTrail',
    action: 'holdfast:ExportAudit',
    readOnly: true,
    request: ({ account, region, from, to, bucket, trail }) => ({ account, region, from: from.toISOString(), to: to.toISOString(), bucket, trail }),
    check({ from, to, chain }) {
      const length = to.getTime() - from.getTime()
      if (length <= 0 || length > HOUR || from.getTime() % 1000 !== 0 || to.getTime() % 1000 !== 0) throw new VaultError('ValidationException', { text: 'A digest covers at most an hour, from one whole second to another.' })
      if (chain !== undefined && !(/^[0-9a-f]{64}$/.test(chain.sha256) && /^[0-9a-f]+$/.test(chain.signature))) throw new VaultError('ValidationException', { text: 'The chain is none that an earlier export gave.' })
    },
    target: () => ({ resources }),
    async perform(call, _target, { account, region, from, to, bucket, trail, chain }) {
      const delivery: Delivery = { account, region, bucket, trail, from: from.getTime(), to: to.getTime() }
      const rows = store
        .read((tables) => tables.audit.search(auditQuery(tables, call.scope, { from, to }, { account, region }), Infinity))
        .reverse()
        .map(({ leaf }) => eventOf(leaf))
      const key = await serviceKeys.ensure('audit-digest')
      const logs: { object: string; content: Uint8Array }[] = []
      const delivered: DeliveredLog[] = []
      for (let at = 0; at < rows.length; at += RECORDS_A_LOG) {
        const events = rows.slice(at, at + RECORDS_A_LOG)
        const log = { object: logObject(delivery, unique(ambient)), content: utf8(cloudTrailLog(events)) }
        const times = events.map((event) => recordFacts(event).at)
        logs.push(log)
        delivered.push({ object: log.object, sha256: toHex(crypto.sha256(log.content)), oldest: times.reduce((a, b) => Math.min(a, b)), newest: times.reduce((a, b) => Math.max(a, b)) })
      }
      const publicKey = digestKey(crypto, key)
      const content = utf8(digestText(delivery, publicKey.fingerprint, delivered, chain))
      const sha256 = toHex(crypto.sha256(content))
      const signature = toHex(await serviceKeys.sign(key, utf8(digestSigned(delivery, sha256, chain))))
      const object = digestObject(delivery)
      const made = { logs, digest: { object, content, signature }, chain: { object, sha256, signature }, publicKey }
      return { settle: () => made, response: () => ({ records: rows.length, digest: object, sha256 }) }
    },
  }
  return { exportCloudTrail }
}

/** The key as ListPublicKeys gives it: PKCS #1 in DER; its fingerprint is only matched as a text. */
export function digestKey(crypto: Crypto, { publicKey }: ServiceKeyRow): CloudTrailHour['publicKey'] {
  const pkcs1 = publicKeyBytes('rsa', publicKey) ?? unreachable('a digest key of another kind')
  return { fingerprint: toHex(crypto.sha256(pkcs1).subarray(0, 16)), pkcs1, pem: toPem(publicKey) }
}

/** 16 letters and digits. */
function unique(ambient: Ambient): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  return [...ambient.random(16)].map((byte) => alphabet.charAt(byte % alphabet.length)).join('')
}
