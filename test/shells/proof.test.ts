import { describe, expect, it } from 'vitest'
import { matches, newNonce, proof } from '#shells/local/proof.ts'

describe('the proofs of the local socket', () => {
  const secret = Uint8Array.from({ length: 32 }, (_, i) => i)
  const clientNonce = new Uint8Array(32).fill(0xc0)
  const serverNonce = new Uint8Array(32).fill(0x50)

  // Computed with Python's hmac from the formula of docs/spec/local-socket-v1.md.
  const vectors = {
    server: 'e2015ae7caaaa4cf147b3835ca910da8cd1128a27f848f05352d60cfb4f18edd',
    client: '0573c8c0329df0c83b15f552be06656cba953ee1edee6b9d66dbf7cc2db27b89',
  }

  it.each(['server', 'client'] as const)('agree with an independent HMAC for the %s', (side) => {
    expect(proof(side, secret, clientNonce, serverNonce).toString('hex')).toBe(vectors[side])
  })

  it('differ with either nonce, with the secret and with the side', () => {
    const other = new Uint8Array(32)
    const proofs = [
      proof('server', secret, clientNonce, serverNonce),
      proof('client', secret, clientNonce, serverNonce),
      proof('server', secret, other, serverNonce),
      proof('server', secret, clientNonce, other),
      proof('server', other, clientNonce, serverNonce),
      proof('server', secret, serverNonce, clientNonce),
    ]
    expect(new Set(proofs.map((one) => one.toString('hex'))).size).toBe(proofs.length)
  })

  it('match only themselves, whole', () => {
    const one = proof('server', secret, clientNonce, serverNonce)
    const altered = Buffer.from(one)
    altered[31] = (altered[31] ?? 0) ^ 1
    expect(matches(one, Buffer.from(one))).toBe(true)
    expect(matches(one, altered)).toBe(false)
    expect(matches(one, one.subarray(0, 31))).toBe(false)
    expect(matches(one, new Uint8Array(0))).toBe(false)
  })

  it('use a nonce once', () => {
    expect(newNonce().equals(newNonce())).toBe(false)
  })
})
