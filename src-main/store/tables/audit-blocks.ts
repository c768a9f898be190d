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
  for (let place = 0; place < BLOCK; place++) if (((records[place >> 3] ?? 0) & (1 << (place & 7))) !== 0) places.push(place)
  return places
}

/** Places that are in all lists. */
export function placesInAll(lists: readonly Uint8Array[]): number[] {
  const [first, ...others] = lists
  if (first === undefined) return Array.from({ length: BLOCK }, (_, place) => place)
  const sets = others.map((each) => new Set(placesIn(each)))
  return placesIn(first).filter((place) => sets.every((set) => set.has(place)))
}
