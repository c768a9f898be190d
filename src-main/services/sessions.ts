import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { TlsDetails } from '#core/audit/record.ts'
import type { AccessKeyId, AccountId, Region } from '#core/vocabulary/ids.ts'

/** Who acts: an account's root, a user of it, or a role. */
export interface Principal {
  readonly type: 'Root' | 'User' | 'Role'
  readonly arn: string
  readonly account: AccountId
}

/** One transport's connection. Reaching it grants nothing: only `session` does. */
export interface Connection {
  /** The shell that the person sits at. */
  readonly via: 'console' | 'cli' | 'endpoint'
  /** Where it comes from, for the audit record: an address, or `local`. */
  readonly source: string
  /** The client's name and version, for the audit record. */
  readonly agent: string
  /** Set by signing in or resuming; may have ended since. */
  session: Session | undefined
  /** The id that a transport of single requests has given its one call, and tells its caller; undefined: each call gets its own. */
  readonly requestId?: string
  /** The encrypted transport, for the audit record. */
  readonly tls?: TlsDetails | undefined
}

export interface Session {
  readonly principal: Principal
  /** Of a signed request: the Region that its calls act in, and the access key that signed it. Otherwise the vault's own Region. */
  readonly signed?: { readonly region: Region; readonly accessKeyId: AccessKeyId }
  /** By the wall clock or the monotonic one, whichever comes first. */
  readonly expiresAt: number
  readonly endsMonotonic: number
  /** SHA-256 of the token that it can be resumed with, in hex; undefined if none was issued. */
  tokenHash: string | undefined
  ended: boolean
}

/** Who signed a request, and the Region that it is for. */
export interface Signer {
  readonly principal: Principal
  readonly region: Region
  readonly accessKeyId: AccessKeyId
}

/** A session lasts at most 12 hours, in milliseconds. */
const LIFETIME = 12 * 60 * 60 * 1000

export interface Sessions {
  /** Signs the connection in: a new session for this principal. */
  open(connection: Connection, principal: Principal): Session
  /** The connection's principal. Throws NOT_SIGNED_IN, SESSION_ENDED. */
  principal(connection: Connection): Principal
  /** Signs the connection of one request in as its signer; nothing else shares or resumes this session, and it ends with the request. */
  openSigned(connection: Connection, signer: Signer): void
  /** A token of 32 random bytes for the connection's session; only its SHA-256 stays here. The caller owns the token. */
  issue(connection: Connection): { token: Uint8Array; expiresAt: number }
  /** Attaches the session of a token to this connection. Throws SESSION_ENDED. */
  resume(connection: Connection, token: Uint8Array): Session
  /** Ends the connection's session for every connection that shares it. */
  end(connection: Connection): void
  /** Ends all: lock, stop, passphrase change, removal of a principal. */
  endAll(): void
}

export function createSessions(ambient: Ambient, crypto: Crypto): Sessions {
  const live = new Set<Session>()

  function expired(session: Session): boolean {
    return session.ended || ambient.now() >= session.expiresAt || ambient.monotonic() >= session.endsMonotonic
  }

  function current(connection: Connection): Session {
    const { session } = connection
    if (session === undefined) throw new VaultError('NOT_SIGNED_IN')
    if (expired(session)) {
      session.ended = true
      live.delete(session)
      throw new VaultError('SESSION_ENDED')
    }
    return session
  }

  return {
    open(connection, principal) {
      const session: Session = {
        principal,
        expiresAt: ambient.now() + LIFETIME,
        endsMonotonic: ambient.monotonic() + LIFETIME,
        tokenHash: undefined,
        ended: false,
      }
      live.add(session)
      connection.session = session
      return session
    },

    openSigned(connection, { principal, region, accessKeyId }) {
      connection.session = { principal, signed: { region, accessKeyId }, expiresAt: Infinity, endsMonotonic: Infinity, tokenHash: undefined, ended: false }
    },

    principal: (connection) => current(connection).principal,

    issue(connection) {
      const signedIn = current(connection)
      // A signature proves one request, not whoever comes later with a token.
      if (signedIn.signed !== undefined) throw new VaultError('NOT_SIGNED_IN')
      // A session of its own, so that ending the login does not end this connection, nor the other way round.
      const session = this.open({ ...connection, session: undefined }, signedIn.principal)
      const token = ambient.random(32)
      session.tokenHash = toHex(crypto.sha256(token))
      return { token, expiresAt: session.expiresAt }
    },

    resume(connection, token) {
      const hash = toHex(crypto.sha256(token))
      for (const session of live) {
        // The hash of a random token is no secret: its comparison may take any time.
        if (session.tokenHash !== hash || expired(session)) continue
        connection.session = session
        return session
      }
      throw new VaultError('SESSION_ENDED')
    },

    end(connection) {
      const { session } = connection
      if (session === undefined) return
      session.ended = true
      live.delete(session)
      connection.session = undefined
    },

    endAll() {
      for (const session of live) session.ended = true
      live.clear()
    },
  }
}
