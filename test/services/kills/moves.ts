import { DAY } from '../clocks.ts'
import type { Ledger, Proof } from './ledger.ts'
import type { Opened } from './opened.ts'

/** What an actor does, again and again, until its process is killed. A new capability (import, say) is a row here. */
export interface Move {
  readonly name: string
  /** How often it is chosen, beside the others. */
  readonly weight: number
  /** False if there is nothing to do it with now. */
  run(actor: Actor): Promise<boolean>
}

/** One caller with keys of its own, one call at a time: so at most one call of it is unanswered when the process dies. */
export interface Actor {
  readonly number: number
  readonly vault: Opened
  readonly ledger: Ledger
  /** From 0 to `below - 1`. */
  random(below: number): number
}

const MOST_KEYS = 5
const MOST_PROOFS = 60

/** KeySpec and KeyUsage of what is made; how often. */
const KINDS = [
  { kind: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', multiRegion: false, weight: 4 },
  { kind: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', multiRegion: true, weight: 4 },
  { kind: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', multiRegion: false, weight: 2 },
  { kind: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', multiRegion: false, weight: 1 },
  { kind: 'ML_DSA_44', usage: 'SIGN_VERIFY', multiRegion: false, weight: 1 },
  { kind: 'RSA_2048', usage: 'SIGN_VERIFY', multiRegion: false, weight: 1 },
] as const

/** Alike for every call: whatever it makes must be recognised later. */
export const PLAINTEXT = new TextEncoder().encode('kept through every kill')
export const CONTEXT = { test: 'kills' }

export const MOVES: readonly Move[] = [
  {
    name: 'CreateKey',
    weight: 8,
    async run(actor) {
      const living = [...actor.ledger.account.keys.values()].filter(({ id, actor: owner }) => owner === actor.number && only(actor, `key ${id} lab`) !== 'gone')
      if (living.length >= MOST_KEYS) return false
      const { kind, usage, multiRegion } = weighed(actor, KINDS)
      await said(actor, 'CreateKey', {}, async () => {
        const { KeyMetadata } = await actor.vault.regions.lab.kms.CreateKey({ KeySpec: kind, KeyUsage: usage, MultiRegion: multiRegion })
        return { keys: [{ id: KeyMetadata.KeyId, actor: actor.number, kind }] }
      })
      return true
    },
  },
  { name: 'prove', weight: 30, run: (actor) => withKey(actor, (id, kind) => prove(actor, id, kind)) },
  {
    name: 'RotateKeyOnDemand',
    weight: 8,
    run: (actor) => withKey(actor, async (id, kind) => {
      // 25 rotations on demand are the most that a key may have: docs.aws.amazon.com/kms, "Quotas".
      if (kind !== 'SYMMETRIC_DEFAULT' || (actor.ledger.account.materials.get(id)?.size ?? 0) > 20) return
      await said(actor, 'RotateKeyOnDemand', {}, () => actor.vault.regions.lab.kms.RotateKeyOnDemand({ KeyId: id }))
      seeMaterials(actor, [id])
    }),
  },
  {
    name: 'EnableKeyRotation',
    weight: 3,
    run: (actor) => withKey(actor, async (id, kind) => {
      if (kind === 'SYMMETRIC_DEFAULT') await said(actor, 'EnableKeyRotation', {}, () => actor.vault.regions.lab.kms.EnableKeyRotation({ KeyId: id, RotationPeriodInDays: 90 }))
    }),
  },
  {
    name: 'ReplicateKey',
    weight: 6,
    run: (actor) => withKey(actor, async (id) => {
      const replica = `key ${id} north`
      if (!id.startsWith('mrk-') || !['none', 'gone'].includes(only(actor, replica) ?? 'none')) return
      await said(actor, 'ReplicateKey', { [replica]: 'Enabled' }, () => actor.vault.regions.lab.kms.ReplicateKey({ KeyId: id, ReplicaRegion: 'north' }))
    }),
  },
  { name: 'ScheduleKeyDeletion', weight: 3, run: (actor) => withKey(actor, (id) => scheduleDeletion(actor, id, 'lab')) },
  {
    name: 'ScheduleKeyDeletion of a replica',
    weight: 3,
    run: (actor) => withKey(actor, async (id) => {
      if (only(actor, `key ${id} north`) === 'Enabled') await scheduleDeletion(actor, id, 'north')
    }),
  },
  {
    name: 'CancelKeyDeletion',
    weight: 2,
    async run(actor) {
      const id = chosen(actor, keysOf(actor, ['PendingDeletion', 'PendingReplicaDeletion']))
      if (id === undefined) return false
      // Refused where the deletion has begun or the key is gone already: the ledger then keeps both values.
      const key = `key ${id} lab`
      if (await said(actor, 'CancelKeyDeletion', { [key]: 'Disabled' }, () => actor.vault.regions.lab.kms.CancelKeyDeletion({ KeyId: id }))) {
        await said(actor, 'EnableKey', { [key]: 'Enabled' }, () => actor.vault.regions.lab.kms.EnableKey({ KeyId: id }))
      }
      return true
    },
  },
  {
    name: 'CreateAlias, UpdateAlias or DeleteAlias',
    weight: 8,
    run: (actor) => withKey(actor, async (id) => {
      const AliasName = `alias/of-${actor.number}-${actor.random(3)}`
      const aspect = `alias ${AliasName}`
      const target = only(actor, aspect) ?? 'none'
      const { kms } = actor.vault.regions.lab
      if (target === 'none') await said(actor, 'CreateAlias', { [aspect]: id }, () => kms.CreateAlias({ AliasName, TargetKeyId: id }))
      else if (actor.random(2) === 0) await said(actor, 'DeleteAlias', { [aspect]: 'none' }, () => kms.DeleteAlias({ AliasName }))
      else if (kindOf(actor, target) === kindOf(actor, id)) await said(actor, 'UpdateAlias', { [aspect]: id }, () => kms.UpdateAlias({ AliasName, TargetKeyId: id }))
    }),
  },
]

/** Time passes, and the scheduler looks: automatic rotations, and deletions that come due. It is an actor of its own. */
export async function letTimePass({ vault, ledger, random }: Actor): Promise<void> {
  const step = random(12) === 0 ? 30 * DAY : DAY / 2
  ledger.write({ clock: vault.clocks.now() + step })
  vault.clocks.pass(step)
  await vault.look()
  seeMaterials({ vault, ledger }, ledger.account.keys.keys())
}

/** Chooses a move by weight and makes it. */
export async function move(actor: Actor): Promise<void> {
  while (!(await weighed(actor, MOVES).run(actor)));
}

export function seeMaterials({ vault, ledger }: Pick<Actor, 'vault' | 'ledger'>, keys: Iterable<string>): void {
  const materials = vault.store.read((tables) => Object.fromEntries([...keys].map((id) => [id, tables.materials.ofKey(id as never).map((row) => row.id as string)])))
  const unseen = Object.entries(materials).filter(([id, ids]) => ids.some((each) => ledger.account.materials.get(id)?.has(each) !== true))
  if (unseen.length > 0) ledger.write({ materials: Object.fromEntries(unseen) })
}

async function prove(actor: Actor, id: string, kind: string): Promise<void> {
  if (actor.ledger.account.proofs.filter(({ key }) => key === id).length >= MOST_PROOFS) return
  const region = only(actor, `key ${id} north`) === 'Enabled' && actor.random(2) === 0 ? 'north' : 'lab'
  const { kms } = actor.vault.regions[region]
  const proof = (use: Proof['use'], made: Uint8Array): { proofs: Proof[] } => ({ proofs: [{ key: id, use, made: Buffer.from(made).toString('base64') }] })
  const algorithm = SIGNING[kind]
  await said(actor, `prove ${kind}`, {}, async () => {
    if (kind === 'SYMMETRIC_DEFAULT') return proof('ciphertext', (await kms.Encrypt({ KeyId: id, Plaintext: PLAINTEXT, EncryptionContext: CONTEXT })).CiphertextBlob)
    if (algorithm === undefined) return proof('mac', (await kms.GenerateMac({ KeyId: id, Message: PLAINTEXT, MacAlgorithm: 'HMAC_SHA_256' })).Mac)
    return proof('signature', (await kms.Sign({ KeyId: id, Message: PLAINTEXT, SigningAlgorithm: algorithm })).Signature)
  })
}

export const SIGNING: Readonly<Record<string, string>> = { ECC_NIST_P256: 'ECDSA_SHA_256', ML_DSA_44: 'ML_DSA_SHAKE_256', RSA_2048: 'RSASSA_PSS_SHA_256' }

async function scheduleDeletion(actor: Actor, id: string, region: 'lab' | 'north'): Promise<void> {
  const replica = (actor.ledger.account.aspects.get(`key ${id} north`)?.size ?? 1) === 1 ? (only(actor, `key ${id} north`) ?? 'none') : undefined
  // Nobody knows which of the two states it would lead to.
  if (replica === undefined) return
  const state = region === 'lab' && !['none', 'gone'].includes(replica) ? 'PendingReplicaDeletion' : 'PendingDeletion'
  const key = `key ${id} ${region}`
  const due = { [key]: actor.vault.clocks.now() + 7 * DAY }
  await said(actor, 'ScheduleKeyDeletion', { [key]: state }, () => actor.vault.regions[region].kms.ScheduleKeyDeletion({ KeyId: id, PendingWindowInDays: 7 }), due)
}

/** Makes a call with a line before and after it. False if it was refused. */
async function said(
  { ledger }: Actor, name: string, sets: Record<string, string>, call: () => Promise<object>, due: Record<string, number> = {},
): Promise<boolean> {
  const begin = ledger.account.calls
  ledger.write({ begin, move: name, sets, due })
  try {
    const { keys, proofs } = (await call()) as { keys?: []; proofs?: [] }
    ledger.write({ end: begin, ...(keys && { keys }), ...(proofs && { proofs }) })
    return true
  } catch (error) {
    const failed = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    // What one may be told while others move the clock and the scheduler works on the same key; anything else is a fault.
    if (!REFUSALS.has(failed)) throw error
    ledger.write({ end: begin, failed })
    return false
  }
}

const REFUSALS = new Set(['CHANGE_UNFINISHED', 'DisabledException', 'KMSInvalidStateException', 'NotFoundException'])

async function withKey(actor: Actor, use: (id: string, kind: string) => Promise<void>): Promise<boolean> {
  const id = chosen(actor, keysOf(actor, ['Enabled']))
  if (id === undefined) return false
  await use(id, kindOf(actor, id))
  return true
}

function keysOf(actor: Actor, states: readonly string[]): string[] {
  return [...actor.ledger.account.keys.values()].filter((key) => key.actor === actor.number && states.includes(only(actor, `key ${key.id} lab`) ?? '')).map(({ id }) => id)
}

/** The value of an aspect, if it is known. */
function only(actor: Actor, aspect: string): string | undefined {
  const values = actor.ledger.account.aspects.get(aspect)
  return values?.size === 1 ? [...values][0] : undefined
}

function kindOf(actor: Actor, id: string): string {
  return actor.ledger.account.keys.get(id)?.kind ?? ''
}

function chosen<T>(actor: Actor, from: readonly T[]): T | undefined {
  return from[actor.random(from.length)]
}

function weighed<T extends { readonly weight: number }>(actor: Actor, rows: readonly T[]): T {
  let left = actor.random(rows.reduce((sum, { weight }) => sum + weight, 0))
  for (const row of rows) if ((left -= row.weight) < 0) return row
  throw new Error('no rows')
}
