import { createCipheriv, createHash, createHmac } from 'node:crypto'
import { join } from 'node:path'
import { writeVectors, type Vector } from './vector-file.ts'

// Vectors of docs/spec/ciphertext-blob-v1.md, made by a second reading of the spec with node:crypto alone: nothing of src-main is used,
// so that code and vectors cannot be wrong together. All inputs are fixed: running it again changes nothing.

export const FOLDER = join(import.meta.dirname, 'ciphertext-blob-v1')

const KEY_ID = '3019d84f-7c20-45e2-a445-826d9bc09206'
const MATERIAL_ID = bytes('material', 32)
const MATERIAL = bytes('key', 32)

interface Recipe {
  rung: 1 | 2
  keyId: string
  materialId: Buffer
  purpose: string
  context: Record<string, string>
  plaintext: Buffer
}

const plain: Recipe = { rung: 1, keyId: KEY_ID, materialId: MATERIAL_ID, purpose: 'customer', context: {}, plaintext: Buffer.from('attack at dawn') }

export function blobVectors(): Map<string, Vector> {
  const vectors = new Map<string, Vector>()
  for (const rung of [1, 2] as const) {
    const recipe = { ...plain, rung }
    const add = (name: string, expect: string, about: string, body: Buffer, change: Partial<Recipe> = {}): void => {
      vectors.set(`rung-${rung}-${name}`, vector({ ...recipe, ...change }, expect, about, body))
    }
    const good = seal(recipe)
    const saltLength = rung === 1 ? 0 : 32

    add('plain', 'ok', 'no context', good)
    add('one-byte', 'ok', 'the shortest plaintext', seal({ ...recipe, plaintext: Buffer.of(0) }), { plaintext: Buffer.of(0) })
    add('longest', 'ok', 'a plaintext of 65,535 bytes', seal({ ...recipe, plaintext: bytes('long', 65_535) }), { plaintext: bytes('long', 65_535) })
    // U+FF5A sorts after U+1F511 by UTF-16 units and before it by UTF-8 bytes.
    const wide = { '\u{1F511}': 'key', '\u{FF5A}': 'wide z', a: '', '': 'empty name' }
    add('context-order', 'ok', 'pairs in the order of UTF-8 bytes', seal({ ...recipe, context: wide }), { context: wide })
    add('private-key', 'ok', 'another purpose', seal({ ...recipe, purpose: 'private-key' }), { purpose: 'private-key' })
    add('service-key', 'ok', 'another purpose', seal({ ...recipe, purpose: 'service-key' }), { purpose: 'service-key' })

    add('empty', 'malformed', 'no bytes', Buffer.alloc(0))
    add('short', 'malformed', 'header, IV and tag around no ciphertext', good.subarray(0, 50 + saltLength + 12 + 16))
    add('long', 'malformed', 'a ciphertext of 65,536 bytes', seal({ ...recipe, plaintext: bytes('long', 65_536) }))
    add('version-0', 'malformed', 'version 0', changed(good, 0, 0))
    add('version-2', 'malformed', 'version 2', changed(good, 0, 2))
    add('rung-0', 'malformed', 'rung 0', changed(good, 1, 0))
    add('rung-3', 'malformed', 'rung 3', changed(good, 1, 3))

    add('other-rung', 'not-authentic', 'a rung that is not the material\'s', seal({ ...recipe, rung: rung === 1 ? 2 : 1, plaintext: bytes('x', 64) }))
    add('other-key', 'not-authentic', 'a key id that is not the material\'s key', seal({ ...recipe, keyId: KEY_ID.replace('3', '4') }))
    add('key-id-flipped', 'not-authentic', 'one bit of the key id', flipped(good, 2))
    add('iv-flipped', 'not-authentic', 'one bit of the IV', flipped(good, 50 + saltLength))
    add('ciphertext-flipped', 'not-authentic', 'one bit of the ciphertext', flipped(good, 62 + saltLength))
    add('tag-flipped', 'not-authentic', 'one bit of the tag', flipped(good, good.length - 1))
    add('cut', 'not-authentic', 'the last byte missing', good.subarray(0, -1))
    add('appended', 'not-authentic', 'a byte appended', Buffer.concat([good, Buffer.of(0)]))
    add('other-purpose', 'not-authentic', 'sealed as a private key', seal({ ...recipe, purpose: 'private-key' }))
    if (rung === 2) add('salt-flipped', 'not-authentic', 'one bit of the salt', flipped(good, 50))

    const pairs = { purpose: 'payroll', 'caf\u00e9': 'x' }
    const sealed = seal({ ...recipe, context: pairs })
    add('pair-more', 'not-authentic', 'a pair more than sealed', sealed, { context: { ...pairs, more: '1' } })
    add('pair-less', 'not-authentic', 'a pair less than sealed', sealed, { context: { purpose: 'payroll' } })
    add('pair-renamed', 'not-authentic', 'a pair renamed', sealed, { context: { purposes: 'payroll', 'caf\u00e9': 'x' } })
    add('pair-case', 'not-authentic', 'a value in other letter case', sealed, { context: { ...pairs, purpose: 'Payroll' } })
    add('pair-normal-form', 'not-authentic', 'a name in another normal form', sealed, { context: { purpose: 'payroll', 'cafe\u0301': 'x' } })
    add('pair-moved', 'not-authentic', 'the border between name and value moved', seal({ ...recipe, context: { ab: 'c' } }), { context: { a: 'bc' } })
  }
  return vectors
}

function vector(recipe: Recipe, expect: string, about: string, body: Buffer): Vector {
  return {
    header: {
      expect,
      about,
      rung: String(recipe.rung),
      material: MATERIAL.toString('hex'),
      'key-id': recipe.keyId,
      'material-id': recipe.materialId.toString('hex'),
      purpose: recipe.purpose,
      context: JSON.stringify(recipe.context).replace(/[^ -~]/gu, (c) => [...c].map(escaped).join('')),
      plaintext: recipe.plaintext.length > 64 ? `sha256 ${createHash('sha256').update(recipe.plaintext).digest('hex')}` : recipe.plaintext.toString('hex'),
    },
    body: Buffer.from(`${(body.toString('hex').match(/.{1,128}/g) ?? []).join('\n')}\n`),
  }
}

function escaped(character: string): string {
  return character.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
}

function seal(recipe: Recipe): Buffer {
  const salt = recipe.rung === 1 ? Buffer.alloc(0) : bytes('salt', 32)
  const iv = bytes('iv', 12)
  const keyId = Buffer.from(recipe.keyId.replaceAll('-', ''), 'hex')
  const parts = [
    Buffer.from('holdfast/seal/v1'), Buffer.from(recipe.purpose), Buffer.of(1), Buffer.of(recipe.rung), keyId, recipe.materialId, salt, contextBytes(recipe.context),
  ]
  const digest = createHash('sha256').update(Buffer.concat(parts.flatMap((part) => [u32(part.length), part]))).digest()
  const key = recipe.rung === 1 ? MATERIAL : createHmac('sha256', MATERIAL).update('holdfast/seal/v1/rung-2').update(salt).update(digest).digest()
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(digest)
  const sealed = Buffer.concat([cipher.update(recipe.plaintext), cipher.final(), cipher.getAuthTag()])
  return Buffer.concat([Buffer.of(1, recipe.rung), keyId, recipe.materialId, salt, iv, sealed])
}

function contextBytes(context: Record<string, string>): Buffer {
  const pairs = Object.entries(context).map(([key, value]) => [Buffer.from(key), Buffer.from(value)] as const)
  if (pairs.length === 0) return Buffer.alloc(0)
  pairs.sort(([a], [b]) => Buffer.compare(a, b))
  return Buffer.concat([u16(pairs.length), ...pairs.flatMap(([key, value]) => [u16(key.length), key, u16(value.length), value])])
}

function u16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff)
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}

/** Fixed bytes with a name. */
function bytes(name: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => createHash('sha256').update(`${name} ${i}`).digest())
  return Buffer.concat(blocks).subarray(0, length)
}

function changed(body: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(body)
  copy[at] = value
  return copy
}

function flipped(body: Buffer, at: number): Buffer {
  return changed(body, at, (body[at] ?? 0) ^ 1)
}

if (import.meta.main) writeVectors(FOLDER, blobVectors())
