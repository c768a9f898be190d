import { eventIterator, oc } from '@orpc/contract'
import { keySpecs, keyUsages } from '#core/vocabulary/kms.ts'
import { checkOutcomes, enforcementBadges } from '#core/vocabulary/tokens.ts'
import { bytes } from './bytes.ts'
import { endpointView } from './endpoint.ts'
import { declaredErrors } from './failures.ts'
import { z } from './zod.ts'

// What is not AWS KMS's: the vault itself, who is signed in, its HSMs, and the console's own reads.

const operation = oc.errors(declaredErrors)
const nothing = z.object({})
/** UTF-8 of what a person typed. The receiver wipes it. */
const passphrase = bytes

/** A member of the key store as the console shows it. */
export const memberView = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(['closed', 'opening', 'ready', 'down', 'refused']),
  /** Why it is down or refused. */
  failure: z.object({ code: z.string(), text: z.string() }).optional(),
  rung: z.union([z.literal(1), z.literal(2)]),
  token: z
    .object({
      label: z.string(),
      serial: z.string(),
      manufacturer: z.string(),
      model: z.string(),
      firmware: z.string(),
      library: z.string(),
      mechanisms: z.number(),
    })
    .optional(),
  /** What its token can do was tried; `holds`: on this very token, library and firmware. */
  profile: z.object({ at: z.date(), badge: z.enum(enforcementBadges), holds: z.boolean() }).optional(),
  /** It is being tried now. */
  profiling: z.boolean(),
})
export type MemberView = z.infer<typeof memberView>

export const principalView = z.object({ arn: z.string(), account: z.string(), type: z.enum(['Root', 'User', 'Role']) })

/** What anybody who reaches the transport may know; the rest appears with a signed-in principal. */
export const statusView = z.object({
  /** `none`: no vault in this home yet. */
  state: z.enum(['none', 'locked', 'unlocked']),
  version: z.string(),
  home: z.string(),
  /** The vault's name; the home's folder name while it is locked for the first time. */
  name: z.string(),
  /** Why and when it was locked, if it has been open in this process. */
  locked: z.object({ because: z.enum(['request', 'signal', 'idle', 'suspend', 'screen-lock']), at: z.date() }).optional(),
  /** When the next passphrase is looked at, after wrong ones. */
  nextTryAt: z.date().optional(),
  hasRecovery: z.boolean(),
  /** Present while the endpoint is on. */
  endpoint: endpointView.optional(),
  /** The PKCS#11 library that a new vault would use; undefined if none was found. Only while there is no vault. */
  softHsm: z.string().optional(),
  /** Who is signed in on this connection. */
  principal: principalView.optional(),
  /** Only for a signed-in principal. */
  account: z.string().optional(),
  region: z.string().optional(),
  members: z.array(memberView).optional(),
})
export type StatusView = z.infer<typeof statusView>

export const vault = {
  status: operation.input(nothing).output(statusView),
  /** The status now, and again after each change; coalesced, never more than about ten a second. */
  watch: operation.input(nothing).output(eventIterator(statusView)),
  /** Creates the vault of this home and signs this connection in as the account's root. */
  initialise: operation
    .input(
      z.object({
        passphrase,
        name: z.string().min(1).max(64).optional(),
        account: z.string().optional().describe('12 digits; random if not given'),
        region: z.string().optional(),
        recovery: z.boolean().optional(),
      }),
    )
    /** The recovery code is shown this once. */
    .output(z.object({ account: z.string(), region: z.string(), recoveryCode: z.string().optional() })),
  /** Closes the vault for everybody: ends HSM hosts, closes the database, forgets its key. */
  lock: operation.input(nothing).output(nothing),
  /** A new passphrase for the signed-in principal; the database key is replaced too. All other sessions end. */
  changePassphrase: operation.input(z.object({ current: passphrase, next: passphrase })).output(nothing),
  /** Opens the vault with the printed code and sets a new passphrase. */
  recover: operation.input(z.object({ code: bytes, next: passphrase })).output(nothing),
}

export const session = {
  /** Opens the vault if it is locked, and signs this connection in. */
  signIn: operation.input(z.object({ passphrase })).output(z.object({ principal: principalView })),
  /** A session token for this principal, for later connections of the same person (`login`): 32 random bytes, at most 12 h. */
  issue: operation.input(nothing).output(z.object({ token: bytes, expiresAt: z.date() })),
  /** Signs this connection in by a token from `issue`. */
  resume: operation.input(z.object({ token: bytes })).output(z.object({ principal: principalView })),
  /** Ends this connection's session, and the token that it was resumed from. */
  signOut: operation.input(nothing).output(nothing),
}

const keyRow = z.object({
  keyId: z.string(),
  arn: z.string(),
  aliases: z.array(z.string()),
  state: z.enum(['Enabled', 'Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'PendingImport', 'Unavailable']),
  spec: z.string(),
  usage: z.string(),
  origin: z.string(),
  protection: z.enum(['HSM', 'SEALED']),
  description: z.string(),
  createdAt: z.date(),
  lastUsed: z.object({ operation: z.string(), at: z.date() }).optional(),
  /** Automatic rotation, if it is on. */
  rotation: z.object({ periodDays: z.number(), nextAt: z.date() }).optional(),
  /** The end of the waiting period, if a deletion is scheduled. */
  deletesAt: z.date().optional(),
})
export type KeyRowView = z.infer<typeof keyRow>

const keyDetail = keyRow.extend({
  account: z.string(),
  region: z.string(),
  /** Of a multi-Region key: it and its related keys, the primary first. Empty for the key of a single Region. */
  related: z.array(z.object({ region: z.string(), arn: z.string(), role: z.enum(['PRIMARY', 'REPLICA']), state: keyRow.shape.state })),
  /** Days of the waiting period that begins once the last replica is gone; only while it waits for that. */
  pendingWindow: z.number().optional(),
  /** AWS KMS's names, of the key's usage. */
  algorithms: z.array(z.string()),
  policy: z.string(),
  tags: z.array(z.object({ TagKey: z.string(), TagValue: z.string() })),
  materials: z.array(
    z.object({
      materialId: z.string(),
      current: z.boolean(),
      createdAt: z.date(),
      /** What made it current: `CREATE` for a key's first. */
      cause: z.enum(['CREATE', 'AUTOMATIC', 'ON_DEMAND']),
      member: z.string(),
      /** Lower-case hex. */
      ckaId: z.string(),
      /** Missing for material that seals nothing. */
      rung: z.union([z.literal(1), z.literal(2)]).optional(),
      /** Rung 1: encryptions counted against 2^32, in blocks; rung 2 has a key per message and no count. */
      encryptions: z.number().optional(),
    }),
  ),
})
export type KeyDetailView = z.infer<typeof keyDetail>

const tokenAttribute = z.object({
  /** Such as `CKA_SENSITIVE`. */
  name: z.string(),
  /** The bytes of the token's answer, lower-case hex; missing where it has no such attribute or does not show it. */
  hex: z.string().optional(),
  /** The same as a person reads it, where that says more than the bytes. */
  words: z.string().optional(),
})

const tokenObject = z.object({ class: z.enum(['secret', 'private', 'public']), attributes: z.array(tokenAttribute) })
export type TokenObjectView = z.infer<typeof tokenObject>

/** A kind of key that may be asked for, and whether this vault's token can hold it. */
const keyOffer = z.object({
  spec: z.enum(keySpecs),
  usage: z.enum(keyUsages),
  algorithms: z.array(z.string()),
  /** `SEALED`: no token has the algorithm; the private key is sealed by a key of the token and opened for one call. */
  protection: z.enum(['HSM', 'SEALED']),
  /** What was seen when the token was tried out; missing while it was not. */
  check: z.object({ via: z.string(), outcome: z.enum(checkOutcomes), note: z.string().optional(), microseconds: z.number().optional(), at: z.date() }).optional(),
  /** False where the trial says that the token cannot. */
  possible: z.boolean(),
})
export type KeyOfferView = z.infer<typeof keyOffer>

const issuedDataKey = z.object({
  /** Place of its record in the audit trail. */
  sequence: z.number(),
  at: z.date(),
  keyArn: z.string(),
  context: z.record(z.string(), z.string()),
  /** DataKeySpec; left out where a length was asked for. */
  spec: z.string().optional(),
  bytes: z.number().optional(),
  withPlaintext: z.boolean(),
  principal: z.string().optional(),
})
export type IssuedDataKeyView = z.infer<typeof issuedDataKey>

/** The console's reads: several KMS answers in one, for the signed-in principal's account and Region. */
export const console = {
  /** In order of key id; `next` is given while there are more. */
  keys: operation
    .input(z.object({ after: z.string().optional(), limit: z.int().min(1).max(1000) }))
    .output(z.object({ rows: z.array(keyRow), total: z.number(), next: z.string().optional() })),
  key: operation.input(z.object({ keyId: z.string() })).output(keyDetail),
  /** The objects of one of the key's materials, as the token describes them now. Never a value of a secret or private key. */
  attributes: operation.input(z.object({ keyId: z.string(), materialId: z.string() })).output(z.object({ member: z.string(), objects: z.array(tokenObject) })),
  /** Every spec and usage that a new key may have, in AWS's order; `member` is the HSM that would hold it. */
  keyOffers: operation.input(nothing).output(z.object({ member: z.string(), offers: z.array(keyOffer) })),
  /**
   * Data keys that were handed out, newest first, from the audit trail: those of files too, and nothing secret. One call looks at a bounded
   * number of records: while `next` is given there may be more, also behind a page with few rows or none.
   */
  dataKeys: operation
    .input(z.object({ keyId: z.string().optional(), before: z.int().min(0).optional(), limit: z.int().min(1).max(200) }))
    .output(z.object({ rows: z.array(issuedDataKey), next: z.number().optional() })),
  /** The wall clock as this vault knows it. `behind`: it was set back, so nothing is destroyed until it is confirmed or has caught up. */
  clock: operation.input(nothing).output(z.object({ lastSeen: z.date(), now: z.date(), behind: z.boolean(), dueDeletions: z.number() })),
  /** An administrator confirms the old time and the new one: due deletions go on, without their day of running time. */
  confirmTime: operation.input(z.object({ lastSeen: z.date(), now: z.date() })).output(z.object({ due: z.number() })),
}
