/** The Certificates port: X.509 for the vault's own endpoints. Keys are P-256, signatures ECDSA with SHA-256. The caller wipes private keys. */
export interface Certificates {
  /** A new key and its self-signed certificate: it can sign certificates for these names, and for nothing else in the world. */
  makeAuthority(request: CertificateRequest): Certified
  /** A new key, certified by the authority as a TLS server of these names. */
  makeServer(request: CertificateRequest, authority: Certified & { readonly commonName: string }): Certified
}

export interface CertificateRequest {
  readonly commonName: string
  /** DNS names. */
  readonly dnsNames: readonly string[]
  /** IPv4 (4 bytes) and IPv6 (16 bytes) addresses. */
  readonly addresses: readonly Uint8Array[]
  /** Random, at most 20 bytes. */
  readonly serial: Uint8Array
  /** Milliseconds since 1970; cut to seconds. */
  readonly notBefore: number
  readonly notAfter: number
}

export interface Certified {
  /** PKCS #8, DER. */
  readonly privateKey: Uint8Array
  /** X.509, DER. */
  readonly certificate: Uint8Array
}
