import type { SealingProfile } from '../ports/hsm.ts'
import type { SealingRung } from '../vocabulary/kms.ts'

/** The rung that new material on a token gets: the first of the ladder that the token can really do; undefined if it can do none. */
export function chooseRung(profile: SealingProfile): SealingRung | undefined {
  if (profile.aesGcm) return 1
  if (profile.hmacSha256) return 2
  return undefined
}
