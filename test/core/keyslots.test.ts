import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCrypto } from '#crypto/crypto.ts'
import { encodeKeyslots, parseKeyslots } from '#core/keyslots/file.ts'
import { addGeneration, changeSecret, createKeyslots, dropGeneration, findSlot, generations, openSlot } from '#core/keyslots/keyslots.ts'
import type { Keyslot, Keyslots } from '#core/keyslots/keyslot.ts'
import { canonicalJson, type Json } from '#core/vocabulary/canonical.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { asVaultId } from '#core/vocabulary/ids.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { fixedRandomness } from '../crypto/fixed-randomness.ts'
import { FOLDER, keyslotVectors } from '../vectors/keyslots-v1.generate.ts'
import { encodeVector, readVectors, type Vector } from '../vectors/vector-file.ts'

const crypto = createCrypto()
const vectors = readVectors(FOLDER)

describe('the vectors of keyslots-v1', () => {
  it('are there, and making them again changes nothing', async () => {
    expect(vectors.size).toBeGreaterThan(70)
    const made = await keyslotVectors()
    expect([...made.keys()].sort()).toEqual([...vectors.keys()].sort())
    for (const [name, vector] of vectors) expect(encodeVector(made.get(name) ?? vector).equals(encodeVector(vector)), name).toBe(true)
  })

  it.each([...vectors])('%s', async (_, vector) => {
    expect(await outcome(vector)).toBe(vector.header['expect'])
  })
})

/** `opens`, `does not open`, or the failure's code. */
async function outcome({ header, body }: Vector): Promise<string> {
  try {
    const file = parseKeyslots(crypto, body)
    expect(encodeKeyslots(crypto, file)).toEqual(new Uint8Array(body))
    if (header['slot'] === undefined) return 'parses'
    const slot = file.slots[Number(header['slot'])]
    const keys = slot && (await openSlot(crypto, file, slot, secretOf(header)))
    if (!keys) return 'does not open'
    for (const { generation, key } of keys) expect(Buffer.from(key.bytes).toString('hex')).toBe(header[`database-key-${generation}`])
    return 'opens'
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    expect(error.details['reason']).toBe(header['reason'])
    return error.code
  }
}

function secretOf(header: Vector['header']): Secret {
  return header['code'] === undefined ? Secret.fromText(header['passphrase'] ?? '') : Secret.copy(Buffer.from(header['code'], 'hex'))
}

describe('parsing', () => {
  it('answers arbitrary bytes with VAULT_DAMAGED or VAULT_TOO_NEW only', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => { expectRefusal(bytes) }), { numRuns: 500 })
  })

  it('answers arbitrary members behind a right checksum with VAULT_DAMAGED or VAULT_TOO_NEW, or reads what it would write', () => {
    const { checksum: _, ...whole } = JSON.parse(Buffer.from(vectors.get('opens-rotation')?.body ?? '').toString()) as JsonObject
    const names = Object.keys((whole['slots'] as JsonObject[])[0] ?? {})
    const anyValue = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.integer(), fc.base64String())
    fc.assert(fc.property(fc.constantFrom('format', 'slots', 'vault', ...names), anyValue, (name, value) => {
      const body = structuredClone(whole)
      const target = name in body ? body : (body['slots'] as JsonObject[])[0]
      if (target) target[name] = value as Json
      const altered = sealed(body)
      if (altered !== undefined && !isRead(Buffer.from(altered))) expectRefusal(Buffer.from(altered))
    }), { numRuns: 1000 })
  })

  it('refuses every file with one flipped bit', () => {
    const file = vectors.get('opens-rotation')?.body ?? new Uint8Array()
    fc.assert(fc.property(fc.nat(file.length - 1), fc.nat(7), (at, bit) => {
      const altered = Uint8Array.from(file)
      altered[at] = (altered[at] ?? 0) ^ (1 << bit)
      expectRefusal(altered)
    }), { numRuns: 1000 })
  })

  it('refuses every cut file', () => {
    const file = vectors.get('opens-recovery')?.body ?? new Uint8Array()
    for (let length = 0; length < file.length; length += 7) expectRefusal(file.subarray(0, length))
  })

  it('refuses a file beyond 1 MiB before reading it', () => {
    expect(() => parseKeyslots(crypto, new Uint8Array(1_048_577))).toThrow(/too long/)
  })
})

type JsonObject = Record<string, Json>

/** The file of a body; undefined where it has no canonical form. */
function sealed(body: JsonObject): string | undefined {
  try {
    const checksum = Buffer.from(crypto.sha256(Buffer.from(canonicalJson(body)))).toString('hex')
    return `${canonicalJson({ ...body, checksum })}\n`
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** False if the bytes are refused, with whatever error. */
function isRead(bytes: Uint8Array): boolean {
  let file: Keyslots
  try {
    file = parseKeyslots(crypto, bytes)
  } catch {
    return false
  }
  expect(encodeKeyslots(crypto, file)).toEqual(new Uint8Array(bytes))
  return true
}

function expectRefusal(bytes: Uint8Array): void {
  try {
    parseKeyslots(crypto, bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(VaultError)
    expect(['VAULT_DAMAGED', 'VAULT_TOO_NEW']).toContain((error as VaultError).code)
    return
  }
  expect.unreachable('these bytes are no keyslots')
}

const ROOT = 'arn:aws:iam::123456789012:root'
const CHEAP = { memoryKiB: 8192, passes: 1, lanes: 1 }
const passphrase = Secret.fromText('first passphrase')

async function fresh(): Promise<{ file: Keyslots; key: Secret; slot: Keyslot }> {
  const { ambient } = fixedRandomness('fresh')
  const key = Secret.own(ambient.random(32))
  const slots = [
    { principal: ROOT, kind: 'passphrase', secret: passphrase, argon2: CHEAP },
    { principal: ROOT, kind: 'recovery', secret: Secret.own(ambient.random(20)), argon2: CHEAP },
  ] as const
  const file = await createKeyslots(crypto, ambient, { vaultId: asVaultId(ambient.uuid()) ?? expect.unreachable(), databaseKey: key, slots })
  return { file, key, slot: findSlot(file, ROOT, 'passphrase') ?? expect.unreachable() }
}

const trusted = (file: Keyslots) => file.slots.map(({ id, principal, publicKey }) => ({ slotId: id, principal, publicKey }))

describe('changing a secret', () => {
  it('lets the new passphrase open and the old one not', async () => {
    const { file, key, slot } = await fresh()
    const keys = (await openSlot(crypto, file, slot, passphrase)) ?? expect.unreachable()
    const next = Secret.fromText('second passphrase')
    const changed = await changeSecret(crypto, fixedRandomness('change').ambient, file, { slotId: slot.id, secret: next, keys, argon2: CHEAP })
    const now = findSlot(changed, ROOT, 'passphrase') ?? expect.unreachable()
    expect(await openSlot(crypto, changed, now, passphrase)).toBeUndefined()
    expect((await openSlot(crypto, changed, now, next))?.[0]?.key.bytes).toEqual(key.bytes)
    expect(changed.slots[1]).toBe(file.slots[1])
  })

  it('makes a new key pair, so that an old file and the old passphrase open no later database key', async () => {
    const { file, slot } = await fresh()
    const keys = (await openSlot(crypto, file, slot, passphrase)) ?? expect.unreachable()
    const next = Secret.fromText('second passphrase')
    const changed = await changeSecret(crypto, fixedRandomness('pair').ambient, file, { slotId: slot.id, secret: next, keys, argon2: CHEAP })
    const rotated = addGeneration(crypto, changed, Secret.own(new Uint8Array(32).fill(1)), trusted(changed))
    const later = rotated.slots[0] ?? expect.unreachable()
    const spliced = { ...file, slots: [{ ...slot, databaseKeys: later.databaseKeys }, ...file.slots.slice(1)] }
    await expect(openSlot(crypto, spliced, spliced.slots[0] ?? slot, passphrase)).rejects.toMatchObject({ code: 'VAULT_DAMAGED' })
  })
})

describe('rotating the database key', () => {
  it('seals the next generation to every slot without a secret, and the file opens both', async () => {
    const { file, key, slot } = await fresh()
    const next = Secret.own(new Uint8Array(32).fill(5))
    const both = parseKeyslots(crypto, encodeKeyslots(crypto, addGeneration(crypto, file, next, trusted(file))))
    expect(generations(both)).toEqual([2, 1])
    const keys = await openSlot(crypto, both, both.slots[0] ?? slot, passphrase)
    expect(keys?.map((each) => [each.generation, [...each.key.bytes]])).toEqual([[2, [...next.bytes]], [1, [...key.bytes]]])
  })

  it('drops the old generation, or the new one where the rekey did not happen', async () => {
    const { file } = await fresh()
    const both = addGeneration(crypto, file, Secret.own(new Uint8Array(32)), trusted(file))
    expect(generations(dropGeneration(both, 1))).toEqual([2])
    expect(dropGeneration(both, 2)).toEqual(file)
    expect(() => dropGeneration(file, 1)).toThrow(/unreachable/)
  })

  it.each<[string, (file: Keyslots) => Keyslots]>([
    ['another public key', (file) => ({ ...file, slots: file.slots.map((slot, i) => (i === 1 ? { ...slot, publicKey: new Uint8Array(32).fill(9) } : slot)) })],
    ['a slot too many', (file) => ({ ...file, slots: [...file.slots, { ...(file.slots[0] ?? expect.unreachable()), id: 'x', principal: 'arn:eve' }] })],
    ['a slot too few', (file) => ({ ...file, slots: file.slots.slice(1) })],
    ['another principal', (file) => ({ ...file, slots: file.slots.map((slot) => ({ ...slot, principal: 'arn:eve' })) })],
  ])('refuses a file that holds %s', async (_, change) => {
    const { file } = await fresh()
    const act = (): Keyslots => addGeneration(crypto, change(file), Secret.own(new Uint8Array(32)), trusted(file))
    expect(act).toThrow(expect.objectContaining({ code: 'VAULT_DAMAGED' }))
  })
})

it('leaves the given secrets to their owners and prints none', async () => {
  const { file, key } = await fresh()
  expect(passphrase.bytes.length).toBe(16)
  expect(key.bytes.length).toBe(32)
  expect(Buffer.from(encodeKeyslots(crypto, file)).includes(Buffer.from(key.bytes).toString('base64'))).toBe(false)
})

it('has a vector for everything that the specification rejects', () => {
  const spec = readFileSync(join(import.meta.dirname, '../../docs/spec/keyslots-v1.md'), 'utf8')
  const table = spec.slice(spec.indexOf('## MUST reject'), spec.indexOf('## Compatibility'))
  const named = [...table.matchAll(/`([a-z0-9-]+)`/g)].map(([, name = '']) => name)
  const complete = (name: string): boolean => vectors.has(name) || [...vectors.keys()].some((each) => name.startsWith('-') && each.endsWith(name))
  expect(named.filter((name) => !complete(name))).toEqual([])
  const rejected = [...vectors.keys()].filter((name) => !name.startsWith('opens-'))
  expect(rejected.filter((name) => !named.some((each) => each === name || (each.startsWith('-') && name.endsWith(each))))).toEqual([])
})
