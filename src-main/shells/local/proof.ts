import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

// docs/spec/local-socket-v1.md, "The handshake".

/** Length in bytes of nonces, proofs and the secret alike. */
export const PROOF_LENGTH = 32

/** Who proves; the label keeps one side's proof from being sent back as the other's. */
export type Side = 'server' | 'client'

/** A nonce that has never been used. */
export function newNonce(): Buffer {
  return randomBytes(PROOF_LENGTH)
}

/** What the side sends to show that it knows the secret, for this connection only. */
export function proof(side: Side, secret: Uint8Array, clientNonce: Uint8Array, serverNonce: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`holdfast/local/v1/${side}`, 'ascii').update(clientNonce).update(serverNonce).digest()
}

/** Compares in constant time. False for a wrong length. */
export function matches(expected: Uint8Array, given: Uint8Array): boolean {
  return expected.length === given.length && timingSafeEqual(expected, given)
}
