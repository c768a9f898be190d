import { checkpointOrigin, checkpointText, parseCheckpoint } from '#core/audit/checkpoint.ts'
import { eventOf, member, text } from '#core/audit/event.ts'
import { signedNote, type NoteAlgorithm, type NoteKey } from '#core/audit/note.ts'
import { leafHash } from '#core/audit/tree.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { AuditCheckpoint, ServiceKeyRow, Store, Tables, VaultRow } from '#core/ports/store.ts'
import { utf8 } from '#core/vocabulary/bytes.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { Members } from '../members.ts'
import type { ServiceKeys } from './service-keys.ts'

/** So many records after the last checkpoint, or so many milliseconds of running time after the first of them, the next is due. */
const RECORDS = 1_000
const PERIOD = 10 * 60_000
/** Records that are looked at in one go. */
const STRIDE = 512

/** Signed checkpoints of the trail: docs/spec/checkpoint-v1.md. */
export interface Checkpoints {
  /** The name of this trail: vault and epoch. */
  readonly origin: string
  /**
   * Signs the trail as it is now, unless the last checkpoint covers all of it already. Throws the member's failures,
   * SERVICE_KEY_UNSUPPORTED, AUDIT_TRAIL_CHANGED.
   */
  sign(): Promise<AuditCheckpoint>
  /** From now on `look` signs: this process stays. A single command signs when it is asked to, and at its end. */
  reside(): void
  /** Signs if it is time to. */
  look(): Promise<void>
  /** Signs what is left, if a key is there and its HSM is ready: the last thing before the HSMs go. */
  atLock(): Promise<void>
  /** All keys that have signed checkpoints of this vault, oldest first. */
  keys(): NoteKey[]
}

export function createCheckpoints(parts: { ambient: Ambient; crypto: Crypto; store: Store; row: VaultRow; members: Members; serviceKeys: ServiceKeys }): Checkpoints {
  const { ambient, crypto, store, members, serviceKeys } = parts
  const origin = checkpointOrigin(parts.row.id, store.read(epochOf))
  let unsignedSince: number | undefined
  let resident = false
  let turn: Promise<unknown> = Promise.resolve()

  async function signNow(): Promise<AuditCheckpoint> {
    const key = await serviceKeys.ensure('audit-checkpoint')
    const { size, root, last } = store.read(({ audit }) => {
      const all = audit.next()
      return { size: all, root: audit.root(all), last: audit.checkpoints(undefined, 1)[0] }
    })
    if (last?.size === size) return last
    await requireUnchanged(last, size)
    const body = checkpointText({ origin, size, root, at: ambient.now() })
    const noted = noteKey(origin, key)
    const checkpoint = { size, note: signedNote(crypto, body, noted, await serviceKeys.sign(key, utf8(body))) }
    await store.write(({ audit }) => { audit.putCheckpoint(checkpoint) })
    unsignedSince = undefined
    return checkpoint
  }

  /** Nothing is signed that contradicts what was signed, nor a record that is not what was hashed when it was written. */
  async function requireUnchanged(last: AuditCheckpoint | undefined, size: number): Promise<void> {
    const signed = last === undefined ? undefined : parseCheckpoint(last.note)?.checkpoint
    if (last !== undefined && (signed?.size !== last.size || last.size > size)) throw new VaultError('AUDIT_TRAIL_CHANGED', { record: Math.min(last.size, size) })
    if (signed !== undefined && !crypto.equal(signed.root, store.read(({ audit }) => audit.root(signed.size)))) throw new VaultError('AUDIT_TRAIL_CHANGED', { record: 0 })
    for (let at = last?.size ?? 0; at < size; at += STRIDE) {
      const rows = store.read(({ audit }) => audit.hashed(at, Math.min(STRIDE, size - at)))
      rows.forEach(({ sequence, leaf, hash }, i) => {
        if (sequence !== at + i || hash === undefined || !crypto.equal(hash, leafHash(crypto.sha256, leaf))) throw new VaultError('AUDIT_TRAIL_CHANGED', { record: at + i })
      })
      if (at + STRIDE < size) await ambient.wait(0)
    }
  }

  function sign(): Promise<AuditCheckpoint> {
    const signed = turn.then(signNow)
    turn = signed.catch(() => undefined)
    return signed
  }

  function unsigned(): number {
    return store.read(({ audit }) => audit.next() - (audit.checkpoints(undefined, 1)[0]?.size ?? 0))
  }

  return {
    origin,
    sign,
    reside() {
      resident = true
    },
    async look() {
      const count = resident ? unsigned() : 0
      if (count === 0) return
      unsignedSince ??= ambient.monotonic()
      if (count >= RECORDS || ambient.monotonic() - unsignedSince >= PERIOD) await sign()
    },
    async atLock() {
      const key = store.read((tables) => tables.serviceKeys.current('audit-checkpoint'))
      if (key === undefined || unsigned() === 0 || members.member(key.memberId).status.state !== 'ready') return
      await sign()
    },
    keys: () => store.read((tables) => tables.serviceKeys.list()).filter(({ purpose }) => purpose === 'audit-checkpoint').map((key) => noteKey(origin, key)),
  }
}

const algorithms: Readonly<Record<string, NoteAlgorithm>> = { 'ed25519-sign': 'ed25519', 'p256-sign': 'ecdsa-p256', 'rsa-2048-sign': 'rsa-pss-2048' }

function noteKey(name: string, { kind, publicKey }: ServiceKeyRow): NoteKey {
  return { name, algorithm: algorithms[kind] ?? unreachable('a checkpoint key of another kind'), publicKey }
}

/** The trail's epoch stands in its first record. A first record that is none any more has no epoch, and no checkpoint of before fits. */
function epochOf({ audit }: Tables): string {
  const [first] = audit.page(0, 1)
  const epoch = text(member(first && eventOf(first.leaf), 'requestParameters'), 'epoch')
  return epoch !== undefined && /^[0-9a-f]{32}$/.test(epoch) ? epoch : 'unknown'
}
