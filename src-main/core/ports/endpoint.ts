import type { AccessKeyId, Region } from '../vocabulary/ids.ts'
import type { Certified } from './certificates.ts'

/**
 * The Endpoint port: the listener that speaks AWS KMS's protocol to programs of this machine. It goes on listening while the vault is locked,
 * and then answers that keys are unavailable.
 */
export interface Endpoint {
  /**
   * Listens. Without an identity, TLS handshakes fail until `present` brings one. Throws PORT_UNAVAILABLE, and ENDPOINT_ON if it listens
   * already.
   */
  start(address: EndpointAddress, identity: Certified | undefined): Promise<EndpointState>
  /** The certificate that new connections see from now on; copies the key. */
  present(identity: Certified): void
  /** Ends all connections, those in the middle of a request too. Stopping what does not listen does nothing. */
  stop(): Promise<void>
  /** Undefined while it does not listen. */
  readonly state: EndpointState | undefined
  /** The last 500 requests, the newest first. */
  log(): RequestLine[]
}

export interface EndpointAddress {
  readonly host: '127.0.0.1' | '::1'
  /** 0 takes a free one. */
  readonly port: number
  /** `plain`: HTTP without TLS. */
  readonly transport: 'tls' | 'plain'
}

export interface EndpointState {
  readonly url: string
  readonly transport: EndpointAddress['transport']
  /** Wall clock. */
  readonly since: number
  /** False while a certificate is still missing. */
  readonly ready: boolean
}

/** What is kept of a request: nothing that it said, but for the name of its operation. */
export interface RequestLine {
  readonly at: number
  readonly requestId: string
  /** Undefined if it named none that is served. */
  readonly operation: string | undefined
  /** Who signed it, once that was verified. */
  readonly accessKeyId: AccessKeyId | undefined
  readonly region: Region | undefined
  /** HTTP. */
  readonly status: number
  /** AWS's name of the failure. */
  readonly failure: string | undefined
  readonly milliseconds: number
}
