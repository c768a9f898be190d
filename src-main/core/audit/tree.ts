// The Merkle tree of RFC 6962, section 2: SHA-256, leaves behind 0x00, nodes behind 0x01. Pure: the hash function comes as an argument.
// Sizes and places are safe integers; no bit operations, which end at 2^32.

/** SHA-256, 32 bytes: `Crypto.sha256`. */
export type Sha256 = (data: Uint8Array) => Uint8Array

/** The root hash of a perfect subtree: 2^level leaves from `place * 2^level` on. */
export type PerfectHash = (level: number, place: number) => Uint8Array

const HASH = 32
/** Filled anew for each node: millions of them are hashed in a row. */
const node = new Uint8Array(1 + 2 * HASH).fill(1, 0, 1)

export function leafHash(sha256: Sha256, leaf: Uint8Array): Uint8Array {
  const data = new Uint8Array(1 + leaf.length)
  data.set(leaf, 1)
  return sha256(data)
}

/** Of two hashes of 32 bytes. */
export function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  node.set(left, 1)
  node.set(right, 1 + HASH)
  return sha256(node)
}

/** A growing tree as the roots of its perfect subtrees, the largest first: all that is needed to append, and to know the root. */
export interface Growing {
  size: number
  readonly roots: { readonly level: number; readonly hash: Uint8Array }[]
}

/** Appends a leaf by its hash. `made` is called with each perfect subtree that it completes, from level 1 upwards. */
export function grow(sha256: Sha256, tree: Growing, leaf: Uint8Array, made?: (level: number, place: number, hash: Uint8Array) => void): void {
  tree.size += 1
  let top = { level: 0, hash: leaf }
  for (let last = tree.roots.at(-1); last?.level === top.level; last = tree.roots.at(-1)) {
    tree.roots.pop()
    top = { level: top.level + 1, hash: nodeHash(sha256, last.hash, top.hash) }
    made?.(top.level, tree.size / 2 ** top.level - 1, top.hash)
  }
  tree.roots.push(top)
}

/** MTH of the whole: SHA-256 of nothing for the empty tree. */
export function rootOf(sha256: Sha256, { roots }: Growing): Uint8Array {
  const hashes = roots.map(({ hash }) => hash)
  const last = hashes.pop()
  return last === undefined ? sha256(new Uint8Array()) : hashes.reduceRight((right, left) => nodeHash(sha256, left, right), last)
}

/** MTH of the first `size` leaves. */
export function treeHash(sha256: Sha256, size: number, perfect: PerfectHash): Uint8Array {
  return size === 0 ? sha256(new Uint8Array()) : rangeHash(sha256, 0, size, perfect)
}

/** PATH(m, D[n]) of section 2.1.1: from the leaf upwards. `index` is less than `size`. */
export function inclusionProof(sha256: Sha256, index: number, size: number, perfect: PerfectHash): Uint8Array[] {
  const path = (from: number, to: number): Uint8Array[] => {
    if (to - from === 1) return []
    const middle = from + halfOf(to - from)
    return index < middle
      ? [...path(from, middle), rangeHash(sha256, middle, to, perfect)]
      : [...path(middle, to), rangeHash(sha256, from, middle, perfect)]
  }
  return path(0, size)
}

/** PROOF(m, D[n]) of section 2.1.2: that the first `older` leaves are the beginning of the first `size`. 0 < older <= size. */
export function consistencyProof(sha256: Sha256, older: number, size: number, perfect: PerfectHash): Uint8Array[] {
  const proof = (from: number, to: number, whole: boolean): Uint8Array[] => {
    if (older === to) return whole ? [] : [rangeHash(sha256, from, to, perfect)]
    const middle = from + halfOf(to - from)
    return older <= middle
      ? [...proof(from, middle, whole), rangeHash(sha256, middle, to, perfect)]
      : [...proof(middle, to, false), rangeHash(sha256, from, middle, perfect)]
  }
  return proof(0, size, true)
}

/** The root that an inclusion proof leads to; undefined if the proof has not exactly the hashes that such a tree asks for. */
export function rootFromInclusion(sha256: Sha256, leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Uint8Array | undefined {
  const left = [...path]
  const up = (place: number, leaves: number): Uint8Array | undefined => {
    if (leaves === 1) return leaf
    const half = halfOf(leaves)
    const beside = left.pop()
    const below = place < half ? up(place, half) : up(place - half, leaves - half)
    if (beside === undefined || below === undefined) return undefined
    return place < half ? nodeHash(sha256, below, beside) : nodeHash(sha256, beside, below)
  }
  if (index < 0 || index >= size) return undefined
  const root = up(index, size)
  return left.length === 0 ? root : undefined
}

/** Both roots that a consistency proof leads to, given the older one; undefined if it has not exactly the hashes that it needs. */
export function rootsFromConsistency(
  sha256: Sha256,
  older: { size: number; root: Uint8Array },
  size: number,
  proof: readonly Uint8Array[],
): { older: Uint8Array; newer: Uint8Array } | undefined {
  const left = [...proof]
  const up = (before: number, leaves: number, whole: boolean): { older: Uint8Array; newer: Uint8Array } | undefined => {
    if (before === leaves) {
      const hash = whole ? older.root : left.pop()
      return hash && { older: hash, newer: hash }
    }
    const half = halfOf(leaves)
    const beside = left.pop()
    const below = before <= half ? up(before, half, whole) : up(before - half, leaves - half, false)
    if (beside === undefined || below === undefined) return undefined
    if (before <= half) return { older: below.older, newer: nodeHash(sha256, below.newer, beside) }
    return { older: nodeHash(sha256, beside, below.older), newer: nodeHash(sha256, beside, below.newer) }
  }
  if (older.size <= 0 || older.size > size) return undefined
  const roots = up(older.size, size, true)
  return left.length === 0 ? roots : undefined
}

/** MTH(D[from:to]) where the range is one that the proofs' recursion reaches: its left parts are perfect and in their places. */
function rangeHash(sha256: Sha256, from: number, to: number, perfect: PerfectHash): Uint8Array {
  const leaves = to - from
  const level = Math.round(Math.log2(leaves))
  if (2 ** level === leaves) return perfect(level, from / leaves)
  const middle = from + halfOf(leaves)
  return nodeHash(sha256, rangeHash(sha256, from, middle, perfect), rangeHash(sha256, middle, to, perfect))
}

/** k of RFC 6962: the largest power of two that is less than n; n > 1. */
function halfOf(leaves: number): number {
  let half = 1
  while (half * 2 < leaves) half *= 2
  return half
}
