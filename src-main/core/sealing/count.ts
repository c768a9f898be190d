/** Encryptions that one rung-1 material may make: NIST SP 800-38D, 8.3, for random 96-bit IVs. */
export const ENCRYPTION_LIMIT = 2 ** 32
/** From here on the key is shown as in need of rotation. */
export const ENCRYPTION_WARNING = 2 ** 31
/** Encryptions reserved by one durable write. A crash loses at most this many counts, and repeats none. */
export const RESERVATION_BLOCK = 2 ** 16

/** How many more encryptions may be reserved for a material that has reserved so many; 0 at the limit. */
export function reservable(reserved: number): number {
  return Math.max(0, Math.min(RESERVATION_BLOCK, ENCRYPTION_LIMIT - reserved))
}

/** Whether a material should be rotated because of its count. */
export function worn(reserved: number): boolean {
  return reserved >= ENCRYPTION_WARNING
}
