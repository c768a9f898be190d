import type { SignatureKind } from '../messages/suite.ts'

/** The part of the Crypto port that only messages of the AWS Encryption SDK need. */
export interface MessageCrypto {
  /** HKDF (RFC 5869). The caller wipes the result. */
  hkdf(hash: 'sha256' | 'sha384' | 'sha512', input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array
  /** A new P-384 key pair that signs what is given to it, with SHA-384, and is gone then. */
  createSigner(): MessageSigner
  /** For a compressed point (SEC 1); undefined if it is none of the curve. P-256 goes with SHA-256, P-384 with SHA-384. */
  createVerifier(kind: SignatureKind, point: Uint8Array): MessageVerifier | undefined
  /** A key of somebody else, out of a PEM file; undefined if there is no RSA public key (or certificate) in it. */
  readRecipient(pem: Uint8Array): RsaRecipient | undefined
  /**
   * A data key that was wrapped for an RSA key (PKCS #8 or PKCS #1 in PEM, not encrypted), by each padding in turn: what opens need not be
   * right, so the caller tries each. PKCS #1 v1.5 last, where a wrong ciphertext gives random bytes (implicit rejection). The caller wipes all.
   */
  rsaUnwrap(privateKeyPem: Uint8Array, ciphertext: Uint8Array): Uint8Array[]
}

export interface MessageSigner {
  /** The compressed point. */
  readonly publicPoint: Uint8Array
  update(part: Uint8Array): void
  /** Ecdsa-Sig-Value in DER. Once. */
  sign(): Uint8Array
}

export interface MessageVerifier {
  update(part: Uint8Array): void
  /** Once. What is no signature does not verify. */
  verify(signature: Uint8Array): boolean
}

export interface RsaRecipient {
  /** SHA-256 of the SubjectPublicKeyInfo in DER. */
  readonly fingerprint: Uint8Array
  /** RSAES-OAEP with SHA-256 and MGF1 of it, no label. */
  wrap(dataKey: Uint8Array): Uint8Array
}
