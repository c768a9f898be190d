import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { consistencyProof, grow, inclusionProof, leafHash, nodeHash, rootFromInclusion, rootOf, rootsFromConsistency, treeHash, type Growing, type PerfectHash } from '#core/audit/tree.ts'
import { fromHex, toHex } from '#core/vocabulary/bytes.ts'

interface Vectors {
  leaves: string[]
  roots: string[]
  inclusion: { index: number; size: number; path: string[] }[]
  consistency: { older: number; size: number; path: string[] }[]
}

const known = JSON.parse(readFileSync('test/vectors/audit/rfc6962.json', 'utf8')) as Vectors
const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest()
const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array()
const leaves = known.leaves.map(hex)

/** RFC 6962 section 2.1, word for word, over all leaves: the other implementation. */
function naive(data: readonly Uint8Array[]): Uint8Array {
  const [only] = data
  if (only === undefined) return sha256(new Uint8Array())
  if (data.length === 1) return leafHash(sha256, only)
  let k = 1
  while (k * 2 < data.length) k *= 2
  return nodeHash(sha256, naive(data.slice(0, k)), naive(data.slice(k)))
}

function perfectOf(data: readonly Uint8Array[]): PerfectHash {
  return (level, place) => naive(data.slice(place * 2 ** level, (place + 1) * 2 ** level))
}

describe('the tree of the audit trail', () => {
  it('has the roots that Certificate Transparency publishes for its eight leaves', () => {
    expect(known.roots).toHaveLength(9)
    known.roots.forEach((root, size) => {
      const tree: Growing = { size: 0, roots: [] }
      for (const leaf of leaves.slice(0, size)) grow(sha256, tree, leafHash(sha256, leaf))
      expect(toHex(rootOf(sha256, tree))).toBe(root)
      expect(toHex(treeHash(sha256, size, perfectOf(leaves)))).toBe(root)
    })
  })

  it('gives the known inclusion and consistency proofs, and each of them leads to the known roots', () => {
    for (const { index, size, path } of known.inclusion) {
      expect(inclusionProof(sha256, index, size, perfectOf(leaves)).map(toHex)).toEqual(path)
      expect(toHex(rootFromInclusion(sha256, leafHash(sha256, leaves[index] ?? new Uint8Array()), index, size, path.map(hex)) ?? new Uint8Array())).toBe(known.roots[size])
    }
    for (const { older, size, path } of known.consistency) {
      expect(consistencyProof(sha256, older, size, perfectOf(leaves)).map(toHex)).toEqual(path)
      const roots = rootsFromConsistency(sha256, { size: older, root: hex(known.roots[older] ?? '') }, size, path.map(hex))
      expect(roots && [toHex(roots.older), toHex(roots.newer)]).toEqual([known.roots[older], known.roots[size]])
    }
  })

  it('proves every leaf of every size, and every prefix, and nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1), fc.integer({ min: 1, max: size }))), ([size, index, older]) => {
        const data = Array.from({ length: size }, (_, i) => Uint8Array.of(i, size))
        const root = toHex(naive(data))
        const path = inclusionProof(sha256, index, size, perfectOf(data))
        const leaf = leafHash(sha256, data[index] ?? new Uint8Array())
        expect(toHex(rootFromInclusion(sha256, leaf, index, size, path) ?? new Uint8Array())).toBe(root)
        expect(rootFromInclusion(sha256, leaf, index, size, [...path, leaf])).toBeUndefined()
        if (path.length > 0) expect(rootFromInclusion(sha256, leaf, index, size, path.slice(1))).toBeUndefined()
        if (size > 1) {
          const elsewhere = rootFromInclusion(sha256, leaf, (index + 1) % size, size, path)
          expect(elsewhere === undefined || toHex(elsewhere) !== root).toBe(true)
        }
        const proof = consistencyProof(sha256, older, size, perfectOf(data))
        const before = naive(data.slice(0, older))
        const roots = rootsFromConsistency(sha256, { size: older, root: before }, size, proof)
        expect(roots && [toHex(roots.older), toHex(roots.newer)]).toEqual([toHex(before), root])
        expect(rootsFromConsistency(sha256, { size: older, root: before }, size, [...proof, before])).toBeUndefined()
        // An older root that is none leads elsewhere.
        const wrong = rootsFromConsistency(sha256, { size: older, root: leafHash(sha256, before) }, size, proof)
        const reached = wrong !== undefined && toHex(wrong.older) === toHex(leafHash(sha256, before)) && toHex(wrong.newer) === root
        expect(reached).toBe(false)
      }),
    )
  })

  it('tells each perfect subtree that a leaf completes', () => {
    const tree: Growing = { size: 0, roots: [] }
    const made: string[] = []
    for (const leaf of leaves) grow(sha256, tree, leafHash(sha256, leaf), (level, place, hash) => made.push(`${level}/${place}/${toHex(hash)}`))
    expect(made.map((each) => each.split('/').slice(0, 2).join('/'))).toEqual(['1/0', '1/1', '2/0', '1/2', '1/3', '2/1', '3/0'])
    expect(made.at(-1)).toBe(`3/0/${known.roots[8] ?? ''}`)
  })
})
