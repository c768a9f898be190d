// Writes test/vectors/keyslots-v1: `node test/vectors/keyslots-v1.generate.ts`. Running it again changes nothing.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createCrypto } from '#crypto/crypto.ts'
import { encodeKeyslots, parseKeyslots } from '#core/keyslots/file.ts'
import { addGeneration, createKeyslots, type NewSlot } from '#core/keyslots/keyslots.ts'
import type { Keyslots } from '#core/keyslots/keyslot.ts'
import { canonicalJson, type Json } from '#core/vocabulary/canonical.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { asVaultId } from '#core/vocabulary/ids.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { fixedRandomness } from '../crypto/fixed-randomness.ts'
import { writeVectors, type Vector } from './vector-file.ts'

export const FOLDER = join(import.meta.dirname, 'keyslots-v1')

const ROOT = 'arn:aws:iam::123456789012:root'
const PASSPHRASE = 'correct horse battery staple'
const CODE = '00112233445566778899aabbccddeeff01234567'
const CHEAP = { memoryKiB: 8192, passes: 1, lanes: 1 }

type Members = Record<string, Json>
interface Body { format: Json; slots: Members[]; vault: Json; [name: string]: Json | Members[] }

/** Every vector by name. */
export async function keyslotVectors(): Promise<Map<string, Vector>> {
  const { files, keys } = await makeBases()
  const [key1, key2] = keys
  const right = { slot: '0', passphrase: PASSPHRASE }
  const opening: [name: string, about: string, base: Base, header: Record<string, string>][] = [
    ['one-slot', 'one passphrase slot', 'one', { ...right, 'database-key-1': key1 }],
    ['default-argon2', 'the default Argon2id parameters', 'slow', { ...right, 'database-key-1': key1 }],
    ['recovery', 'a passphrase slot and a recovery slot, opened by the code', 'two', { slot: '1', code: CODE, 'database-key-1': key1 }],
    ['rotation', 'two generations while the database key is being rotated', 'rotating', { ...right, 'database-key-2': key2, 'database-key-1': key1 }],
    ['passphrase-nfc', 'e and a combining acute typed for the one letter that was set', 'accent', { slot: '0', passphrase: 'cafe\u0301 au lait 12', 'database-key-1': key1 }],
  ]
  const vectors = new Map<string, Vector>()
  for (const [name, about, base, header] of opening) vectors.set(`opens-${name}`, { header: { expect: 'opens', about, ...header }, body: files[base] })
  for (const [name, about, expect, { base, change }] of FAULTS) {
    const body = change(files[base])
    const more = expect === 'does not open' ? right : expect === 'VAULT_DAMAGED' ? { reason: parseReason(body) } : {}
    vectors.set(name, { header: { expect, about, ...more }, body })
  }
  for (const [name, about, reason, change] of SEALED) {
    vectors.set(name, { header: { expect: 'VAULT_DAMAGED', about, reason, ...right }, body: edit(change)(files.two) })
  }
  const wrong = { expect: 'does not open', about: 'another passphrase', slot: '0', passphrase: `${PASSPHRASE}r` }
  return vectors.set('wrong-passphrase', { header: wrong, body: files.one })
}

// The file that the faults are put into.

async function makeBases(): Promise<{ files: Record<Base, Uint8Array>; keys: [string, string] }> {
  const { crypto, ambient } = fixedRandomness('keyslots-v1')
  const vaultId = asVaultId(ambient.uuid()) ?? fail()
  const [key1, key2] = [ambient.random(32), ambient.random(32)]
  const slot: NewSlot = { principal: ROOT, kind: 'passphrase', secret: Secret.fromText(PASSPHRASE), argon2: CHEAP }
  const recovery: NewSlot = { principal: ROOT, kind: 'recovery', secret: Secret.copy(Buffer.from(CODE, 'hex')), argon2: CHEAP }
  const make = (slots: NewSlot[]): Promise<Keyslots> => createKeyslots(crypto, ambient, { vaultId, databaseKey: Secret.copy(key1), slots })
  const one = await make([slot])
  const two = await make([slot, recovery])
  const accent = await make([{ ...slot, secret: Secret.fromText('caf\u00e9 au lait 12') }])
  const slow = await make([{ principal: ROOT, kind: 'passphrase', secret: Secret.fromText(PASSPHRASE) }])
  const trusted = two.slots.map(({ id, principal, publicKey }) => ({ slotId: id, principal, publicKey }))
  const rotating = addGeneration(crypto, two, Secret.copy(key2), trusted)
  const bytes = (file: Keyslots): Uint8Array => encodeKeyslots(crypto, file)
  const files = { one: bytes(one), two: bytes(two), accent: bytes(accent), slow: bytes(slow), rotating: bytes(rotating) }
  return { files, keys: [Buffer.from(key1).toString('hex'), Buffer.from(key2).toString('hex')] }
}

// Faults: one each.

type Base = 'one' | 'two' | 'rotating' | 'accent' | 'slow'
interface Change { base: Base; change: (file: Uint8Array) => Uint8Array }

/** A fault of the text, which leaves the checksum as it is. */
const text = (change: (text: string) => string): Change => ({ base: 'one', change: (file) => Buffer.from(change(Buffer.from(file).toString())) })
const raw = (change: (file: Buffer) => Buffer): Change => ({ base: 'one', change: (file) => change(Buffer.from(file)) })
/** A fault of the content, with a checksum that fits it. */
const body = (change: (body: Body) => void, base: Change['base'] = 'one'): Change => ({ base, change: edit(change) })
const slot = (change: (slot: Members) => void, base: Change['base'] = 'one'): Change => body(({ slots }) => { change(slots[0] ?? fail()) }, base)
const inside = (name: string, change: (members: Members) => void): Change => slot((members) => { change(members[name] as Members) })
const key = (change: (key: Members) => void): Change => slot((members) => { change((members['databaseKeys'] as Members[])[0] ?? fail()) })

function edit(change: (body: Body) => void): (file: Uint8Array) => Uint8Array {
  return (file) => {
    const { checksum: _, ...content } = JSON.parse(Buffer.from(file).toString()) as Body
    change(content as Body)
    return seal(content)
  }
}

function seal(content: Record<string, unknown>): Buffer {
  const checksum = createHash('sha256').update(canonicalJson(content as Json)).digest('hex')
  return Buffer.from(`${canonicalJson({ ...content, checksum } as Json)}\n`)
}

function base64(length: number): string {
  return Buffer.alloc(length, 7).toString('base64')
}

function flip(text: Json | undefined): string {
  const bytes = Buffer.from(String(text), 'base64')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return bytes.toString('base64')
}

const FAULTS: readonly (readonly [name: string, about: string, expect: string, change: Change])[] = [
  ['text-empty', 'no bytes at all', 'VAULT_DAMAGED', raw(() => Buffer.alloc(0))],
  ['text-cut', 'the last line end is missing', 'VAULT_DAMAGED', text((t) => t.slice(0, -1))],
  ['text-cut-in-half', 'the second half is missing', 'VAULT_DAMAGED', text((t) => t.slice(0, t.length / 2))],
  ['text-two-line-ends', 'one line end too many', 'VAULT_DAMAGED', text((t) => `${t}\n`)],
  ['text-crlf', 'ends with CR LF', 'VAULT_DAMAGED', text((t) => `${t.slice(0, -1)}\r\n`)],
  ['text-not-utf8', 'a byte that UTF-8 does not have', 'VAULT_DAMAGED', raw((b) => { b[20] = 0xff; return b })],
  ['text-bom', 'begins with a byte order mark', 'VAULT_DAMAGED', text((t) => `\ufeff${t}`)],
  ['text-space', 'a space after a colon', 'VAULT_DAMAGED', text((t) => t.replace('"format":1', '"format": 1'))],
  ['text-order', 'members not in order', 'VAULT_DAMAGED', text((t) => t.replace(/^\{("checksum":"\w+"),("format":1)/, '{$2,$1'))],
  ['text-twice', 'a member given twice', 'VAULT_DAMAGED', text((t) => t.replace('"format":1', '"format":1,"format":1'))],
  ['text-escape', 'a letter written as an escape', 'VAULT_DAMAGED', text((t) => t.replace('"format"', '"\\u0066ormat"'))],
  ['text-surrogate', 'half of a surrogate pair', 'VAULT_DAMAGED', text((t) => t.replace('"arn:', '"\\ud800arn:'))],
  ['text-fraction', 'a number written as 1.0', 'VAULT_DAMAGED', text((t) => t.replace('"format":1', '"format":1.0'))],
  ['text-array', 'an array instead of an object', 'VAULT_DAMAGED', text(() => '[]\n')],
  ['text-deep', 'nested far too deep', 'VAULT_DAMAGED', text(() => `${'['.repeat(50_000)}${']'.repeat(50_000)}\n`)],
  ['checksum-missing', 'no checksum', 'VAULT_DAMAGED', text((t) => t.replace(/"checksum":"\w+",/, ''))],
  ['checksum-wrong', 'another checksum', 'VAULT_DAMAGED', text((t) => t.replace(/"checksum":"\w+"/, `"checksum":"${'0'.repeat(64)}"`))],
  ['checksum-upper-case', 'the checksum in upper case', 'VAULT_DAMAGED', text((t) => t.replace(/(?<="checksum":")\w+/, (hex) => hex.toUpperCase()))],
  ['checksum-flipped-salt', 'accidental damage: one character of a salt', 'VAULT_DAMAGED', text((t) => t.replace(/(?<="salt":")./, (c) => (c === 'A' ? 'B' : 'A')))],
  ['format-newer', 'an intact file of format 2', 'VAULT_TOO_NEW', body((b) => { b.format = 2; b['anything'] = 'else' })],
  ['format-newer-damaged', 'format 2 with a checksum that does not match', 'VAULT_DAMAGED', text((t) => t.replace('"format":1', '"format":2'))],
  ['format-missing', 'no format', 'VAULT_DAMAGED', body((b) => { delete (b as Partial<Body>).format })],
  ['format-zero', 'format 0', 'VAULT_DAMAGED', body((b) => { b.format = 0 })],
  ['format-text', 'the format as a text', 'VAULT_DAMAGED', body((b) => { b.format = '1' })],
  ['members-more', 'an unknown member', 'VAULT_DAMAGED', body((b) => { b['extra'] = 1 })],
  ['members-fewer', 'no vault id', 'VAULT_DAMAGED', body((b) => { delete (b as Partial<Body>).vault })],
  ['vault-upper-case', 'a vault id in upper case', 'VAULT_DAMAGED', body((b) => { b.vault = String(b.vault).toUpperCase() })],
  ['slots-none', 'no slots', 'VAULT_DAMAGED', body((b) => { b.slots = [] })],
  ['slots-object', 'slots that are no list', 'VAULT_DAMAGED', body((b) => { b.slots = {} as unknown as Members[] })],
  ['slots-one-id', 'two slots with one id', 'VAULT_DAMAGED', body(({ slots: [a, b] }) => { if (a && b) b['id'] = a['id'] ?? '' }, 'two')],
  ['slots-one-principal', 'a principal with two passphrases', 'VAULT_DAMAGED', body(({ slots: [, b] }) => { if (b) b['kind'] = 'passphrase' }, 'two')],
  ['slots-generations-differ', 'one slot lacks a generation', 'VAULT_DAMAGED', slot((s) => { (s['databaseKeys'] as Json[]).shift() }, 'rotating')],
  ['slot-members-more', 'an unknown member of a slot', 'VAULT_DAMAGED', slot((s) => { s['hint'] = 'x' })],
  ['slot-members-fewer', 'a slot without a salt', 'VAULT_DAMAGED', slot((s) => { delete s['salt'] })],
  ['slot-id', 'a slot id that is no UUID', 'VAULT_DAMAGED', slot((s) => { s['id'] = '1' })],
  ['slot-principal', 'a principal that is no ARN', 'VAULT_DAMAGED', slot((s) => { s['principal'] = 'root' })],
  ['slot-principal-space', 'a principal with a space', 'VAULT_DAMAGED', slot((s) => { s['principal'] = 'arn:aws:iam::123456789012:user/a b' })],
  ['slot-principal-long', 'a principal of 513 characters', 'VAULT_DAMAGED', slot((s) => { s['principal'] = `arn:${'a'.repeat(509)}` })],
  ['slot-kind', 'an unknown kind', 'VAULT_DAMAGED', slot((s) => { s['kind'] = 'token' })],
  ['argon2-memory-low', 'too little memory', 'VAULT_DAMAGED', inside('argon2id', (a) => { a['memoryKiB'] = 8191 })],
  ['argon2-memory-high', 'too much memory', 'VAULT_DAMAGED', inside('argon2id', (a) => { a['memoryKiB'] = 1_048_577 })],
  ['argon2-passes-low', 'no passes', 'VAULT_DAMAGED', inside('argon2id', (a) => { a['passes'] = 0 })],
  ['argon2-passes-high', 'too many passes', 'VAULT_DAMAGED', inside('argon2id', (a) => { a['passes'] = 17 })],
  ['argon2-lanes-low', 'no lanes', 'VAULT_DAMAGED', inside('argon2id', (a) => { a['lanes'] = 0 })],
  ['argon2-lanes-high', 'too many lanes', 'VAULT_DAMAGED', inside('argon2id', (a) => { a['lanes'] = 9 })],
  ['argon2-work', 'memory and passes within their limits, their product not', 'VAULT_DAMAGED', inside('argon2id', (a) => { a['memoryKiB'] = 1_048_576; a['passes'] = 5 })],
  ['argon2-text', 'a number as a text', 'VAULT_DAMAGED', inside('argon2id', (a) => { a['passes'] = '1' })],
  ['argon2-members', 'an unknown parameter', 'VAULT_DAMAGED', inside('argon2id', (a) => { a['version'] = 19 })],
  ['salt-short', 'a salt of 15 bytes', 'VAULT_DAMAGED', slot((s) => { s['salt'] = base64(15) })],
  ['salt-long', 'a salt of 17 bytes', 'VAULT_DAMAGED', slot((s) => { s['salt'] = base64(17) })],
  ['salt-unpadded', 'base64 without padding', 'VAULT_DAMAGED', slot((s) => { s['salt'] = String(s['salt']).replace(/=+$/, '') })],
  ['salt-loose-bits', 'base64 with bits behind the last byte', 'VAULT_DAMAGED', slot((s) => { s['salt'] = 'AAAAAAAAAAAAAAAAAAAAAB==' })],
  ['salt-base64url', 'base64url instead of base64', 'VAULT_DAMAGED', slot((s) => { s['salt'] = '-_AAAAAAAAAAAAAAAAAAAA==' })],
  ['public-key-short', 'a public key of 31 bytes', 'VAULT_DAMAGED', slot((s) => { s['publicKey'] = base64(31) })],
  ['private-key-iv', 'an IV of 16 bytes', 'VAULT_DAMAGED', inside('privateKey', (p) => { p['iv'] = base64(16) })],
  ['private-key-sealed', 'a sealed private key without its tag', 'VAULT_DAMAGED', inside('privateKey', (p) => { p['sealed'] = base64(32) })],
  ['database-keys-none', 'no database key', 'VAULT_DAMAGED', slot((s) => { s['databaseKeys'] = [] })],
  ['database-keys-three', 'three generations', 'VAULT_DAMAGED', body(({ slots }) => {
    for (const each of slots) {
      const keys = each['databaseKeys'] as Members[]
      keys.unshift({ ...keys[0], generation: 3 })
    }
  }, 'rotating')],
  ['database-keys-order', 'the older generation first', 'VAULT_DAMAGED', body(({ slots }) => { for (const each of slots) (each['databaseKeys'] as Json[]).reverse() }, 'rotating')],
  ['database-keys-equal', 'one generation twice', 'VAULT_DAMAGED', body(({ slots }) => {
    for (const each of slots) for (const held of each['databaseKeys'] as Members[]) held['generation'] = 1
  }, 'rotating')],
  ['database-key-generation-zero', 'generation 0', 'VAULT_DAMAGED', key((k) => { k['generation'] = 0 })],
  ['database-key-generation-high', 'generation 2^32', 'VAULT_DAMAGED', key((k) => { k['generation'] = 2 ** 32 })],
  ['database-key-ephemeral', 'an ephemeral key of 33 bytes', 'VAULT_DAMAGED', key((k) => { k['ephemeralKey'] = base64(33) })],
  ['database-key-sealed', 'a sealed database key of 47 bytes', 'VAULT_DAMAGED', key((k) => { k['sealed'] = base64(47) })],

  // What binds the sealed private key: a change looks like a wrong secret.
  ['bound-salt', 'another salt', 'does not open', slot((s) => { s['salt'] = flip(s['salt']) })],
  ['bound-vault', 'a slot of another vault', 'does not open', body((b) => { b.vault = `00000000${String(b.vault).slice(8)}` })],
  ['bound-id', 'a slot under another id', 'does not open', slot((s) => { s['id'] = `00000000${String(s['id']).slice(8)}` })],
  ['bound-principal', 'a slot of another principal', 'does not open', slot((s) => { s['principal'] = 'arn:aws:iam::123456789012:user/eve' })],
  ['bound-argon2', 'other Argon2id parameters', 'does not open', inside('argon2id', (a) => { a['passes'] = 2 })],
  ['bound-public-key', 'another public key', 'does not open', slot((s) => { s['publicKey'] = flip(s['publicKey']) })],
  ['bound-iv', 'another IV', 'does not open', inside('privateKey', (p) => { p['iv'] = flip(p['iv']) })],
  ['bound-sealed', 'an altered private key', 'does not open', inside('privateKey', (p) => { p['sealed'] = flip(p['sealed']) })],
]

/** Faults behind a right passphrase. */
const SEALED: readonly (readonly [name: string, about: string, reason: string, change: (body: Body) => void])[] = [
  ['behind-generation', 'a database key under another generation', 'a sealed database key does not open', ({ slots }) => { for (const s of slots) for (const k of s['databaseKeys'] as Members[]) k['generation'] = 7 }],
  ['behind-sealed', 'an altered database key', 'a sealed database key does not open', ({ slots: [s] }) => { for (const k of s?.['databaseKeys'] as Members[]) k['sealed'] = flip(k['sealed']) }],
  ['behind-ephemeral', 'another ephemeral key', 'a sealed database key does not open', ({ slots: [s] }) => { for (const k of s?.['databaseKeys'] as Members[]) k['ephemeralKey'] = flip(k['ephemeralKey']) }],
  ['behind-low-order', 'an ephemeral key of low order', 'a public key is not usable', ({ slots: [s] }) => { for (const k of s?.['databaseKeys'] as Members[]) k['ephemeralKey'] = Buffer.alloc(32).toString('base64') }],
  ['behind-other-slot', 'the database key sealed to the other slot', 'a sealed database key does not open', ({ slots: [a, b] }) => { if (a && b) a['databaseKeys'] = b['databaseKeys'] ?? [] }],
]

/** The reason that the parser gives: a vector for another fault than it says is seen when its file is read. */
function parseReason(file: Uint8Array): string {
  try {
    parseKeyslots(createCrypto(), file)
  } catch (error) {
    if (error instanceof VaultError) return String(error.details['reason'])
    throw error
  }
  return fail()
}

function fail(): never {
  throw new Error('the generator is wrong')
}

if (import.meta.main) writeVectors(FOLDER, await keyslotVectors())
