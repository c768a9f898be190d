import { grow, leafHash, rootOf, type Growing } from '#core/audit/tree.ts'
import { createCrypto } from '#crypto/crypto.ts'
import { DAY } from '../clocks.ts'
import type { Account, Ledger } from './ledger.ts'
import { CONTEXT, PLAINTEXT, SIGNING } from './moves.ts'
import { REGIONS, type Opened } from './opened.ts'
import type { Client } from '../temporary-vault.ts'

/** What is wrong, in sentences; empty if store, token and everything that was answered agree. Writes to the ledger what it found. */
export async function disagreements(vault: Opened, ledger: Ledger): Promise<string[]> {
  const wrong = [...(await storeAndToken(vault)), ...lostMaterials(vault, ledger.account), ...auditGaps(vault)]
  const found = { ...keyStates(vault, ledger.account, wrong), ...aliases(vault, ledger.account, wrong) }
  ledger.write({ found })
  wrong.push(...(await brokenProofs(vault, ledger.account)))
  return wrong
}

/** Every material has its key in the token, as it was made; every key of this vault in the token belongs to something in the store. */
async function storeAndToken({ store, member, regions }: Opened): Promise<string[]> {
  const wrong: string[] = []
  const inToken = new Map((await member.session.findKeys('holdfast:')).map((facts) => [hex(facts.ckaId), facts]))
  const ids = new Set<string>()
  for (const region of REGIONS) for (const key of await allKeys(regions[region])) ids.add(key)
  const vaultId = store.read((tables) => tables.vault.get().id)
  const { materials, services, intents, tombstones } = store.read((tables) => ({
    materials: [...ids].flatMap((id) => tables.materials.ofKey(id as never)),
    services: tables.serviceKeys.list(),
    intents: tables.intents.list(),
    tombstones: tables.deletions.tombstones(),
  }))
  if (intents.length > 0) wrong.push(`${intents.length} intents are open after the unlock`)
  for (const material of materials) {
    const facts = inToken.get(hex(material.ckaId))
    if (facts === undefined) wrong.push(`material ${material.id} is not in the token`)
    else if (!facts.intact || facts.kind !== material.kind) wrong.push(`material ${material.id} is not as it was made`)
    else if (facts.label !== `holdfast:${vaultId}:${material.id}`) wrong.push(`material ${material.id} has the label of another`)
    else if (hex(facts.checkValue) !== hex(material.checkValue)) wrong.push(`material ${material.id} has another check value in the token`)
    inToken.delete(hex(material.ckaId))
  }
  for (const key of services) if (!inToken.delete(hex(key.ckaId))) wrong.push(`the service key ${key.purpose} is not in the token`)
  for (const { label } of inToken.values()) wrong.push(`the token holds ${label}, which the store does not know`)
  for (const { materialId, ckaId } of tombstones) {
    if ((await member.session.findKey(ckaId)) !== undefined) wrong.push(`material ${materialId} is buried and still in the token`)
  }
  for (const key of ids) if (!materials.some(({ keyId }) => keyId === key)) wrong.push(`key ${key} has no material`)
  return wrong
}

async function allKeys(client: Client): Promise<string[]> {
  const ids: string[] = []
  for (let Marker: string | undefined; ; ) {
    const page = await client.kms.ListKeys({ Limit: 1_000, Marker })
    ids.push(...page.Keys.map(({ KeyId }) => KeyId))
    if (page.NextMarker === undefined) return ids
    Marker = page.NextMarker
  }
}

function lostMaterials({ store }: Opened, account: Account): string[] {
  return store.read((tables) =>
    [...account.materials].flatMap(([key, ids]) => {
      if (tables.keys.related(key as never).length === 0) return []
      const there = new Set(tables.materials.ofKey(key as never).map(({ id }) => id as string))
      return [...ids].filter((id) => !there.has(id)).map((id) => `material ${id} of key ${key} is lost`)
    }),
  )
}

/** The states of keys against what was answered, and against the clock: nothing may be gone before its time. */
function keyStates({ store, clocks }: Opened, account: Account, wrong: string[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { id } of account.keys.values()) {
    for (const region of REGIONS) {
      const aspect = `key ${id} ${region}`
      const allowed = account.aspects.get(aspect) ?? new Set(['none'])
      const state: string = store.read((tables) => tables.keys.get({ id: id as never, region: region as never })?.state) ?? (allowed.has('none') ? 'none' : 'gone')
      found[aspect] = state
      if (allowed.has(state) || byTime(account, id, region, state, clocks.now())) continue
      wrong.push(`${aspect} is ${state}, not ${[...allowed].join(' or ')}`)
    }
  }
  return found
}

/** Whether time alone explains a state that no call was answered with. */
function byTime(account: Account, id: string, region: string, state: string, now: number): boolean {
  const allowed = account.aspects.get(`key ${id} ${region}`) ?? new Set()
  const due = account.due.get(`key ${id} ${region}`) ?? Infinity
  if (state === 'gone' && allowed.has('PendingDeletion')) return now >= due
  if (!allowed.has('PendingReplicaDeletion')) return false
  // The primary's waiting period begins when its last replica is gone, which cannot be before that one's own has ended.
  const replicaDue = account.due.get(`key ${id} north`) ?? Infinity
  if (state === 'PendingDeletion') return now >= replicaDue
  return state === 'gone' && now >= Math.max(due, replicaDue + 7 * DAY)
}

function aliases({ store }: Opened, account: Account, wrong: string[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [aspect, allowed] of account.aspects) {
    if (!aspect.startsWith('alias ')) continue
    const scope = store.read((tables) => tables.vault.get())
    const target = store.read((tables) => tables.aliases.get(scope, aspect.slice('alias '.length) as never)?.keyId) ?? 'none'
    found[aspect] = target
    // An alias goes with its key.
    const withItsKey = target === 'none' && [...allowed].some((key) => store.read((tables) => tables.keys.related(key as never)).length === 0)
    if (!allowed.has(target) && !withItsKey) wrong.push(`${aspect} points to ${target}, not to ${[...allowed].join(' or ')}`)
  }
  return found
}

/** Everything that was made by a key that can be used still opens or verifies. */
async function brokenProofs({ regions }: Opened, account: Account): Promise<string[]> {
  const wrong: string[] = []
  for (const { key, use, made } of account.proofs) {
    const region = REGIONS.find((each) => [...(account.aspects.get(`key ${key} ${each}`) ?? [])].join() === 'Enabled')
    if (region === undefined) continue
    const { kms } = regions[region]
    const bytes = new Uint8Array(Buffer.from(made, 'base64'))
    try {
      const holds =
        use === 'ciphertext' ? Buffer.compare((await kms.Decrypt({ CiphertextBlob: bytes, EncryptionContext: CONTEXT })).Plaintext, PLAINTEXT) === 0
        : use === 'mac' ? (await kms.VerifyMac({ KeyId: key, Message: PLAINTEXT, Mac: bytes, MacAlgorithm: 'HMAC_SHA_256' })).MacValid
        : (await kms.Verify({ KeyId: key, Message: PLAINTEXT, Signature: bytes, SigningAlgorithm: SIGNING[account.keys.get(key)?.kind ?? ''] ?? '' })).SignatureValid
      if (!holds) wrong.push(`a ${use} of key ${key} is of another material`)
    } catch (error) {
      wrong.push(`a ${use} of key ${key} in ${region} does not hold: ${String(error)}`)
    }
  }
  return wrong
}

/** Sequence numbers without a gap, and the stored tree over exactly these leaves. */
function auditGaps({ store }: Opened): string[] {
  const { sha256 } = createCrypto()
  return store.read(({ audit }) => {
    const size = audit.next()
    const tree: Growing = { size: 0, roots: [] }
    for (let from = 0; from < size; ) {
      const rows = audit.page(from, 1_000)
      if (rows[0]?.sequence !== from) return [`the trail has no record ${from}`]
      for (const [place, row] of rows.entries()) {
        if (row.sequence !== from + place) return [`the trail has no record ${from + place}`]
        grow(sha256, tree, leafHash(sha256, row.leaf))
      }
      from += rows.length
    }
    return hex(rootOf(sha256, tree)) === hex(audit.root(size)) ? [] : ['the tree of the trail is not that of its records']
  })
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('hex')
}
