import { eventIterator, oc } from '@orpc/contract'
import { bytes } from './bytes.ts'
import { declaredErrors } from './failures.ts'
import { z } from './zod.ts'

// The audit trail: reading, proving, checkpoints, export. Auditors read all of this.

const operation = oc.errors(declaredErrors)
const nothing = z.object({})
const sequence = z.int().min(0)

/** Every part must hold. */
export const auditFilter = z.object({
  from: z.date().optional(),
  /** Exclusive. */
  to: z.date().optional(),
  key: z.string().max(2048).optional().describe('key id, key ARN, alias name or alias ARN'),
  principal: z.string().max(2048).optional().describe("an ARN, or what stands behind its account, such as root"),
  operation: z.string().max(128).optional(),
  outcome: z.string().max(128).optional().describe('ok, failed, or an error code'),
  context: z.record(z.string(), z.string()).optional(),
  /** Whole words, in any case. */
  text: z.string().max(512).optional(),
})
export type AuditFilter = z.infer<typeof auditFilter>

const auditRow = z.object({
  sequence: z.number(),
  at: z.date(),
  operation: z.string(),
  /** The principal's ARN; `holdfast` for what the service does by itself; missing where nobody proved who they were. */
  principal: z.string().optional(),
  /** ARNs; of a call that was refused before its key was found, the key as the caller named it. */
  keys: z.array(z.string()),
  failure: z.string().optional(),
  source: z.string(),
})
export type AuditRowView = z.infer<typeof auditRow>

const checkpoint = z.object({
  /** Records covered. */
  size: z.number(),
  at: z.date().optional(),
  /** The root hash, lower-case hex. */
  root: z.string(),
  /** The signed note: what is kept elsewhere. */
  note: z.string(),
})
export type CheckpointView = z.infer<typeof checkpoint>

const trailKey = z.object({
  /** Go's and C2SP's text form: NAME+HEX+BASE64. */
  verifierKey: z.string(),
  algorithm: z.enum(['ed25519', 'ecdsa-p256', 'rsa-pss-2048']),
  /** SubjectPublicKeyInfo. */
  pem: z.string(),
  sha256: z.string(),
})
export type TrailKeyView = z.infer<typeof trailKey>

const verifyProgress = z.object({ checked: z.number(), of: z.number(), phase: z.enum(['records', 'index']) })
export type VerifyProgressView = z.infer<typeof verifyProgress>

const verification = z.object({
  ok: z.boolean(),
  records: z.number(),
  root: z.string(),
  /** Records that a checkpoint which holds covers. */
  covered: z.number(),
  checkpoints: z.number(),
  /** Those given, in their order. */
  outside: z.array(
    z.object({ size: z.number().optional(), at: z.date().optional(), verdict: z.enum(['holds', 'malformed', 'other-trail', 'not-signed', 'longer', 'differs']) }),
  ),
  /** The first thing that is wrong. */
  problem: z
    .object({
      kind: z.enum(['changed', 'removed', 'added', 'cut-off', 'rolled-back', 'checkpoint', 'index']),
      sequence: z.number().optional(),
      /** It is one of the records up to this one. */
      upTo: z.number().optional(),
      text: z.string(),
    })
    .optional(),
  milliseconds: z.object({ records: z.number(), index: z.number() }),
})
export type VerificationView = z.infer<typeof verification>

export const audit = {
  /** Newest first; `next` is given while there may be older ones. */
  list: operation
    .input(auditFilter.extend({ before: sequence.optional(), limit: z.int().min(1).max(500), count: z.boolean().optional() }))
    .output(z.object({ rows: z.array(auditRow), next: z.number().optional(), total: z.number().optional(), records: z.number() })),
  /** One record: the exact text that its leaf hash is of. */
  record: operation.input(z.object({ sequence })).output(z.object({ sequence: z.number(), event: z.string(), leafHash: z.string() })),
  /** Exports are read in pages of the trail, oldest first: records from `at` on that pass the filter, and where to go on. */
  page: operation
    .input(auditFilter.extend({ at: sequence, format: z.enum(['jsonl', 'csv']) }))
    .output(z.object({ text: z.string(), next: z.number().optional(), of: z.number() })),
  /** A proof that the record is in the trail, for whoever has no vault. Signs a checkpoint if none covers the record yet. */
  prove: operation.input(z.object({ sequence })).output(
    z.object({ proof: z.string(), size: z.number(), leafHash: z.string(), root: z.string(), at: z.date().optional(), path: z.array(z.object({ hash: z.string(), side: z.enum(['left', 'right']), records: z.number() })) }),
  ),
  /** A proof that an older checkpoint is the beginning of the newest one. */
  prefix: operation.input(z.object({ checkpoint: z.string().max(100_000) })).output(z.object({ proof: z.string(), older: z.number(), newer: z.number() })),
  /** The whole trail, and checkpoints that were kept elsewhere against it: progress, then the result. Ending the stream cancels. */
  verify: operation.input(z.object({ checkpoints: z.array(z.string().max(100_000)).max(100).optional() })).output(eventIterator(verifyProgress, verification)),
  /** Signs a checkpoint now, unless the last one covers everything. */
  checkpoint: operation.input(nothing).output(checkpoint),
  /** The largest first. */
  checkpoints: operation.input(z.object({ before: sequence.optional(), limit: z.int().min(1).max(500) })).output(z.object({ checkpoints: z.array(checkpoint), next: z.number().optional() })),
  /** What checkpoints are verified with, oldest first; none before the first checkpoint. */
  keys: operation.input(nothing).output(z.object({ origin: z.string(), keys: z.array(trailKey) })),
  /** Calls and refused or failed calls by day (UTC), the last ones. */
  usage: operation
    .input(z.object({ days: z.int().min(1).max(400), keyId: z.string().optional() }))
    .output(z.object({ days: z.array(z.object({ day: z.string(), calls: z.number(), failed: z.number() })), last: auditRow.optional() })),
  /**
   * At most an hour of one account and Region as CloudTrail delivers it: log files and their digest, signed, chained to the one before. The
   * caller compresses and writes them, and gives each answer's `chain` to the next call.
   */
  cloudTrail: operation
    .input(
      z.object({
        account: z.string(),
        region: z.string(),
        /** Whole seconds. */
        from: z.date(),
        /** Exclusive. */
        to: z.date(),
        bucket: z.string().min(3).max(63),
        trail: z.string().min(3).max(128),
        chain: z.object({ object: z.string(), sha256: z.string(), signature: z.string() }).optional(),
      }),
    )
    .output(
      z.object({
        logs: z.array(z.object({ object: z.string(), content: bytes })),
        digest: z.object({ object: z.string(), content: bytes, signature: z.string() }),
        chain: z.object({ object: z.string(), sha256: z.string(), signature: z.string() }),
        publicKey: z.object({ fingerprint: z.string(), pkcs1: bytes, pem: z.string() }),
      }),
    ),
}
