import type { Ambient } from '#core/ports/ambient.ts'
import type { Certificates, Certified } from '#core/ports/certificates.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Home } from '#core/ports/home.ts'
import type { CertificateRow, Store, VaultRow } from '#core/ports/store.ts'
import { toBase64, toHex } from '#core/vocabulary/bytes.ts'
import { appendRecord, vaultEvent } from '../audit.ts'

/** Under which names an endpoint is reached: some clients want a dot in it, and Windows and some resolvers know no `*.localhost`. */
const DNS_NAMES = ['localhost', 'kms.holdfast.localhost']
const ADDRESSES = [Uint8Array.of(127, 0, 0, 1), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)]

const DAY = 24 * 60 * 60 * 1000
/** Clients have stores of authorities that are tended by hand; certificates of servers they want young (CA/Browser Forum: 398 days). */
const AUTHORITY_LIFETIME = 3_650 * DAY
const SERVER_LIFETIME = 397 * DAY
/** Made anew at the next start or unlock from here on. */
const AUTHORITY_RENEWAL = SERVER_LIFETIME
const SERVER_RENEWAL = 300 * DAY
/** A client's clock may be a little behind. */
const BACKDATED = DAY

/** What the vault's endpoints prove themselves with. */
export interface Identities {
  /** The server's key and certificate; made, recorded and published first where there is none that lasts. The caller wipes the key. */
  server(): Promise<Certified>
  /** The authority's certificate. */
  authority(): Promise<AuthorityView>
}

export interface AuthorityView {
  /** Where clients find it, in PEM. */
  path: string
  pem: string
  /** Of the DER form, lower-case hex. */
  sha256: string
  endsAt: Date
}

export function createIdentities(parts: { ambient: Ambient; crypto: Crypto; certificates: Certificates; home: Home; store: Store; row: VaultRow }): Identities {
  const { ambient, crypto, certificates, home, store, row } = parts
  const commonName = `Holdfast vault ${row.id.slice(0, 8)}`
  let turn: Promise<unknown> = Promise.resolve()

  function request(name: string, lifetime: number) {
    const now = ambient.now()
    return { commonName: name, dnsNames: DNS_NAMES, addresses: ADDRESSES, serial: ambient.random(16), notBefore: now - BACKDATED, notAfter: now + lifetime }
  }

  function stored(): { readonly [Role in keyof Both]: Both[Role] | undefined } {
    return store.read((tables) => ({ authority: tables.certificates.get('authority'), server: tables.certificates.get('server') }))
  }

  async function make(): Promise<Both> {
    const found = stored()
    const authority = lasting(found.authority, AUTHORITY_RENEWAL, ambient.now()) ?? endingAt(ambient.now() + AUTHORITY_LIFETIME, certificates.makeAuthority(request(commonName, AUTHORITY_LIFETIME)))
    const fresh = authority !== found.authority
    const kept = fresh ? undefined : lasting(found.server, SERVER_RENEWAL, ambient.now())
    const server = kept ?? endingAt(ambient.now() + SERVER_LIFETIME, certificates.makeServer(request('localhost', SERVER_LIFETIME), { ...authority, commonName }))
    if (kept === undefined) {
      await store.write((tables) => {
        if (fresh) tables.certificates.put('authority', authority)
        tables.certificates.put('server', server)
        const made = [...(fresh ? [{ role: 'authority', ...described(authority) }] : []), { role: 'server', ...described(server) }]
        const who = { principal: undefined, connection: { source: 'holdfast', agent: 'holdfast' }, scope: row, requestId: ambient.uuid() }
        appendRecord(ambient, tables, vaultEvent('IssueCertificates', who, { certificates: made }))
      })
    }
    return { authority, server }
  }

  function described({ certificate, endsAt }: CertificateRow) {
    return { sha256: toHex(crypto.sha256(certificate)), endsAt: new Date(endsAt).toISOString() }
  }

  /** One after the other: two that start together must not make two authorities. */
  async function inTurn(): Promise<Both> {
    const made = turn.then(make)
    turn = made.catch(() => undefined)
    return made
  }

  return {
    async server() {
      const { authority, server } = await inTurn()
      authority.privateKey.fill(0)
      home.publishAuthority(authority.certificate)
      return server
    },
    async authority() {
      const { authority, server } = await inTurn()
      for (const each of [authority, server]) each.privateKey.fill(0)
      return { path: home.publishAuthority(authority.certificate), pem: pemOf(authority.certificate), sha256: toHex(crypto.sha256(authority.certificate)), endsAt: new Date(authority.endsAt) }
    },
  }
}

/** RFC 7468. */
function pemOf(certificate: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${toBase64(certificate).replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
}

interface Both {
  readonly authority: CertificateRow
  readonly server: CertificateRow
}

/** Undefined if it is near its end. */
function lasting(row: CertificateRow | undefined, margin: number, now: number): CertificateRow | undefined {
  return row !== undefined && row.endsAt - margin > now ? row : undefined
}

function endingAt(endsAt: number, certified: Certified): CertificateRow {
  return { ...certified, endsAt }
}
