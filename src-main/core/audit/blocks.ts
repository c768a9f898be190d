// A block of the audit trail: 256 records, whose subtree's root and whose terms are stored once it is complete.

export const BLOCK_LEVEL = 8
export const BLOCK = 2 ** BLOCK_LEVEL
const BITMAP = BLOCK / 8

/** Places 0 to 255 in ascending order as they are stored: fewer than 32 as a byte each, else a bitmap of 32 bytes, least bit first. */
export function recordsOf(places: readonly number[]): Uint8Array {
  if (places.length < BITMAP) return Uint8Array.from(places)
  const bitmap = new Uint8Array(BITMAP)
  for (const place of places) bitmap[place >> 3] = (bitmap[place >> 3] ?? 0) | (1 << (place & 7))
  return bitmap
}

/** Back again, in ascending order. */
export function placesIn(records: Uint8Array): number[] {
  if (records.length < BITMAP) return [...records]
  const places: number[] = []
  for (let i = 0; i < BITMAP; i++) {
    for (let byte = records[i] ?? 0; byte !== 0; byte &= byte - 1) places.push(i * 8 + 31 - Math.clz32(byte & -byte))
  }
  return places
}

/** Places that are in all lists; all places if there is none. */
export function placesInAll(lists: readonly Uint8Array[]): number[] {
  const [first = EVERY, ...others] = lists
  if (others.length === 0) return placesIn(first)
  const common = bitmapOf(first)
  for (const list of others) {
    const bitmap = bitmapOf(list)
    for (let i = 0; i < BITMAP; i++) common[i] = (common[i] ?? 0) & (bitmap[i] ?? 0)
  }
  return placesIn(common)
}

const EVERY = new Uint8Array(BITMAP).fill(0xff)

/** A copy, as a bitmap. */
function bitmapOf(records: Uint8Array): Uint8Array {
  if (records.length === BITMAP) return Uint8Array.from(records)
  const bitmap = new Uint8Array(BITMAP)
  for (const place of records) bitmap[place >> 3] = (bitmap[place >> 3] ?? 0) | (1 << (place & 7))
  return bitmap
}

/** Two bytes of a term's number, then the place. Few, so that a search reads little; one in a hundred blocks is looked at in vain. */
const ENTRY = 3
const KEYS = 2 ** 16

/** Terms of one record each, as they are stored: in order. */
export function rareTerms(terms: readonly (readonly [term: number, place: number])[]): Uint8Array {
  const packed = new Uint8Array(terms.length * ENTRY)
  const ordered = terms.map(([term, place]) => (term % KEYS) * BLOCK + place).sort((a, b) => a - b)
  ordered.forEach((entry, i) => { packed.set([entry >>> 16, entry >>> 8, entry], i * ENTRY) })
  return packed
}

/** The places of records that may have this rare term alone. */
export function rarePlaces(packed: Uint8Array, term: number): number[] {
  const wanted = term % KEYS
  let [low, high] = [0, packed.length / ENTRY]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keyAt(packed, middle) < wanted) low = middle + 1
    else high = middle
  }
  const places: number[] = []
  for (let at = low; at * ENTRY < packed.length && keyAt(packed, at) === wanted; at++) places.push(packed[at * ENTRY + 2] ?? 0)
  return places
}

function keyAt(packed: Uint8Array, entry: number): number {
  return ((packed[entry * ENTRY] ?? 0) << 8) + (packed[entry * ENTRY + 1] ?? 0)
}
