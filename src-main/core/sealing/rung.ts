import type { CheckId } from '../tokens/checks.ts'
import { gcmIvMode } from '../tokens/details.ts'
import { works, type CheckResults } from '../tokens/profile.ts'
import type { SealingRung } from '../vocabulary/kms.ts'

interface Step {
  readonly rung: 1 | 2 | 3
  /** What happens on it, as a sentence. */
  readonly words: string
  /** Whether the token has what it needs. */
  possible(results: CheckResults): boolean
  /** The rung as material may have it; undefined while nothing here can seal on it. */
  readonly offered: SealingRung | undefined
}

/** The sealing ladder (docs/spec/ciphertext-blob-v1.md), best first. */
export const ladder: readonly Step[] = [
  {
    rung: 1,
    words: 'AES-GCM in the token: plaintext goes in, ciphertext comes out, the key stays.',
    // A token that appends its IV behind the tag (Luna in FIPS mode) would need a blob of another layout.
    possible: (results) => works(results, 'generate-aes-256') && ['host-iv', 'token-iv'].includes(gcmIvMode(results) ?? ''),
    offered: 1,
  },
  {
    rung: 2,
    words: 'HMAC in the token gives a key per message, AES-GCM runs in the host. The HMAC key stays in the token.',
    possible: (results) => works(results, 'generate-hmac-256') && works(results, 'hmac-sha-256'),
    offered: 2,
  },
  {
    rung: 3,
    words: 'A material key stored under a key of the token, opened in memory for one call.',
    possible: (results) => releases.some((id) => works(results, id)),
    offered: undefined,
  },
]

/** What can release a wrapped material key on rung 3. */
const releases: readonly CheckId[] = ['rsa-oaep-sha-256', 'rsa-oaep-sha-1', 'ecdh-p256', 'ecdh-p384', 'ecdh-p521']

/** The rung that new material on a token gets: the first of the ladder that the token can really do; undefined if none that is offered. */
export function chooseRung(results: CheckResults): SealingRung | undefined {
  return ladder.find((step) => step.offered !== undefined && step.possible(results))?.offered
}
