import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkpointText, parseCheckpoint } from '#core/audit/checkpoint.ts'
import { keyId, signedNote, verifierKey, verifyNote, type NoteAlgorithm, type NoteKey } from '#core/audit/note.ts'
import { eachNumber, recordTerms, termNumber, filterTerms } from '#core/audit/terms.ts'
import { eventOf } from '#core/audit/event.ts'
import { auditLeaf } from '#core/audit/record.ts'
import { fromBase64, toHex } from '#core/vocabulary/bytes.ts'
import { createCrypto } from '#crypto/crypto.ts'
import { seededRecord } from '../../bench/audit.ts'

const crypto = createCrypto()
const vectors = JSON.parse(readFileSync('test/vectors/audit/checkpoint-v1.json', 'utf8')) as {
  checkpoint: { origin: string; size: number; root: string; at: string }
  keys: { algorithm: NoteAlgorithm; publicKey: string; keyId: string; verifierKey: string }[]
  notes: { name: string; expect: 'holds' | 'not-signed' | 'malformed'; key: number; note: string }[]
}
const keys = vectors.keys.map(({ algorithm, publicKey }): NoteKey => ({ name: vectors.checkpoint.origin, algorithm, publicKey: fromBase64(publicKey) ?? new Uint8Array() }))

describe('a checkpoint', () => {
  it.each(vectors.notes.map((vector) => [vector.expect, vector.name, vector] as const))('%s: %s', (verdict, _name, { note, key: which }) => {
    const parsed = parseCheckpoint(note)
    const key = keys[which]
    if (key === undefined) throw new Error('a vector without its key')
    expect(parsed === undefined ? 'malformed' : verifyNote(crypto, parsed.note, key) ? 'holds' : 'not-signed').toBe(verdict)
    if (verdict !== 'holds' || parsed === undefined) return
    const { root, at, ...rest } = parsed.checkpoint
    expect({ ...rest, root: toHex(root), at: new Date(at ?? 0).toISOString() }).toEqual(vectors.checkpoint)
    // One form: writing what was read gives the same text.
    expect(checkpointText(parsed.checkpoint)).toBe(parsed.note.text)
  })

  it('knows its keys by the ids and the text form that other programs give them', () => {
    vectors.keys.forEach(({ keyId: id, verifierKey: text }, i) => {
      const key = keys[i]
      expect(key && [toHex(keyId(crypto, key)), verifierKey(crypto, key)]).toEqual([id, text])
    })
  })

  it('is written as it is read', () => {
    const [vector] = vectors.notes
    const parsed = parseCheckpoint(vector?.note ?? '')
    const [key] = keys
    const signature = parsed?.note.signatures[0]?.signature
    expect(key && signature && signedNote(crypto, parsed.note.text, key, signature)).toBe(vector?.note)
  })
})

describe('the terms of a record', () => {
  const event = eventOf(auditLeaf(seededRecord(97, 1000)))

  it('are found by every part of a filter, and by words in any case', () => {
    const terms = recordTerms(event)
    const filter = { key: 'arn:aws:kms:lab:111122223333:key/00000017-12ab-34cd-56ef-1234567890ab', principal: 'role/service-1', operation: 'Decrypt', outcome: 'failed', context: { tenant: 't97' }, text: 'AccessDeniedException SERVICE-1 127.0.0.1', account: '111122223333', region: 'lab' }
    expect(filterTerms(filter).filter((term) => !terms.has(term))).toEqual([])
    expect(filterTerms({ ...filter, outcome: 'ok' }).some((term) => !terms.has(term))).toBe(true)
  })

  it('have the numbers that are stored with the record, in three ranges', () => {
    const terms = [...recordTerms(event)]
    const numbers = new Set<number>()
    eachNumber(event, (number) => numbers.add(number))
    expect([...numbers].sort((a, b) => a - b)).toEqual(terms.map(termNumber).sort((a, b) => a - b))
    expect(terms.map(termNumber).every(Number.isSafeInteger)).toBe(true)
    expect(termNumber('o:Decrypt')).toBeLessThan(2 ** 51)
    expect(termNumber('w:decrypt')).toBeGreaterThanOrEqual(2 ** 52)
  })
})
