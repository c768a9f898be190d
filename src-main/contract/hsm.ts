import { eventIterator, oc } from '@orpc/contract'
import { checkGroups, checkOutcomes, enforcementBadges, gcmIvModes } from '#core/vocabulary/tokens.ts'
import { declaredErrors } from './failures.ts'
import { z } from './zod.ts'

// What HSM members really can do, as it was tried on their tokens.

const operation = oc.errors(declaredErrors)
const rung = z.union([z.literal(1), z.literal(2)])

const checkView = z.object({
  id: z.string(),
  group: z.enum(checkGroups),
  name: z.string(),
  /** What `works` means. */
  proves: z.string(),
  /** The mechanism or function, by PKCS#11's name. */
  via: z.string(),
  /** Lengths of the messages, in bytes. */
  sizes: z.array(z.number()),
  outcome: z.enum(checkOutcomes),
  /** A code, a format, a sentence. */
  note: z.string().optional(),
  /** Median of the main call, beside the token. */
  microseconds: z.number().optional(),
})
export type CheckView = z.infer<typeof checkView>

export const profileView = z.object({
  at: z.date(),
  milliseconds: z.number(),
  /** What of the token has changed since, in words; empty: the profile still holds. */
  changed: z.array(z.string()),
  identity: z.object({ moduleHash: z.string(), libraryVersion: z.string(), model: z.string(), serial: z.string(), firmware: z.string() }),
  /** How new material would seal; undefined if the token can do none of what is offered. */
  rung: rung.optional(),
  /** The sealing ladder, best first. */
  ladder: z.array(z.object({ rung: z.number(), words: z.string(), possible: z.boolean(), offered: z.boolean() })),
  gcmIv: z.enum(gcmIvModes).optional(),
  enforcement: z.object({ badge: z.enum(enforcementBadges), why: z.string(), held: z.number(), tried: z.number() }),
  checks: z.array(checkView),
  /** AWS KMS's key specs, with the algorithms that the token serves by itself and those that it does not. */
  specs: z.array(z.object({ spec: z.string(), served: z.array(z.string()), missing: z.array(z.string()) })),
})
export type ProfileView = z.infer<typeof profileView>

const profileProgress = z.object({ tried: z.number(), of: z.number(), name: z.string() })
export type ProfileProgress = z.infer<typeof profileProgress>

const member = z.object({ memberId: z.string().describe('The id of an HSM member') })

/** CK_TOKEN_INFO, before anybody types a PIN. */
const tokenView = z.object({
  label: z.string(),
  serial: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  firmware: z.string(),
  initialised: z.boolean(),
  hardwareSlot: z.boolean(),
  pin: z.object({ countLow: z.boolean(), finalTry: z.boolean(), locked: z.boolean() }),
  mechanisms: z.number(),
})

const moduleView = z.object({
  name: z.string(),
  library: z.string(),
  source: z.enum(['known', 'p11-kit', 'environment']),
  state: z.enum(['answers', 'needs-parameters', 'fails']),
  /** How its user PIN is written, where it is more than a PIN. */
  pinFormat: z.string().optional(),
  /** Why it fails, or what parameters it needs. */
  note: z.string().optional(),
  tokens: z.array(tokenView),
})
export type ModuleView = z.infer<typeof moduleView>

const healthView = z.object({
  /** Every step that was asked works. */
  well: z.boolean(),
  steps: z.array(z.object({ name: z.string(), outcome: z.enum(['works', 'fails', 'skipped']), note: z.string().optional(), microseconds: z.number().optional() })),
})
export type HealthView = z.infer<typeof healthView>

export const hsm = {
  /** The PKCS#11 libraries of this machine, each loaded in a process of its own; nothing is changed. Needs no sign-in while the vault is locked. */
  modules: operation.input(z.object({})).output(z.object({ modules: z.array(moduleView) })),
  /**
   * Logs in to a member whose PIN is not stored. In the desktop app a window of its own asks a person for it, and the call waits for them;
   * elsewhere nobody can be asked: LOGIN_NEEDED.
   */
  logIn: operation.input(member).output(z.object({})),
  /** Whether a member's token answers and seals now, and how fast. Nothing stays on the token. */
  health: operation.input(member).output(healthView),
  /** The newest profile of the member's token, and how far a run is that goes on now. */
  profile: operation.input(member).output(z.object({ profile: profileView.optional(), running: profileProgress.optional() })),
  /** Tries everything anew: progress, about ten times a second, then the profile as the return value. Ending the stream cancels. */
  runProfile: operation.input(member).output(eventIterator(profileProgress, profileView)),
}
