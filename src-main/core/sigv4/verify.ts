import type { Crypto } from '../ports/crypto.ts'
import { toHex, utf8 } from '../vocabulary/bytes.ts'
import { VaultError } from '../vocabulary/failures.ts'
import { canonicalRequest } from './canonical-request.ts'
import type { SignatureClaim } from './claim.ts'
import { headerValues, type ReceivedRequest } from './request.ts'
import { signatureOf, stringToSign } from './signature.ts'
import { basicTime, SKEW } from './time.ts'

/**
 * Throws InvalidSignatureException unless the key signed this very request, body included; the comparison takes the same time wherever
 * the two differ. Says nothing about the key or the time.
 */
export function verifySignature(crypto: Crypto, key: Uint8Array, claim: SignatureClaim, request: ReceivedRequest): void {
  const payloadHash = toHex(crypto.sha256(request.body))
  const canonical = canonicalRequest(request, claim.signedHeaders, payloadHash)
  const expected = signatureOf(crypto, key, stringToSign(crypto, basicTime(claim.time), claim.scope, canonical))
  const matches = crypto.equal(expected, claim.signature)
  expected.fill(0)
  // A header that gives another hash than the body's is a request altered on its way, or one that wants its body unsigned.
  const stated = headerValues(request, 'x-amz-content-sha256')
  const honest = stated.every((each) => crypto.equal(utf8(each), utf8(payloadHash)))
  if (matches && honest) return
  throw new VaultError('InvalidSignatureException', {
    text: 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  })
}

/** Throws InvalidSignatureException for a time that is more than 5 minutes off, RequestExpired for a presigned request beyond its lifetime. */
export function requireTimely(claim: SignatureClaim, now: number): void {
  if (claim.time > now + SKEW) {
    throw new VaultError('InvalidSignatureException', {
      text: `Signature not yet current: ${basicTime(claim.time)} is still later than ${basicTime(now + SKEW)} (${basicTime(now)} + 5 min.)`,
    })
  }
  if (claim.lifetime !== undefined) {
    if (now > claim.time + claim.lifetime * 1000) throw new VaultError('RequestExpired')
  } else if (claim.time < now - SKEW) {
    throw new VaultError('InvalidSignatureException', {
      text: `Signature expired: ${basicTime(claim.time)} is now earlier than ${basicTime(now - SKEW)} (${basicTime(now)} - 5 min.)`,
    })
  }
}
