import { spawnSync } from 'node:child_process'
import { randomBytes, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CertificateRequest, Certified } from '#core/ports/certificates.ts'
import type { Store } from '#core/ports/store.ts'
import { certificatePem, privateKeyPem } from '#endpoints/http/pem.ts'
import { createCertificates } from '#endpoints/x509/certificates.ts'
import { DAY, movableClocks } from '../services/clocks.ts'
import { PASSPHRASE, secret } from '../services/temporary-vault.ts'
import { watchedHome } from '../services/watched-ports.ts'
import { temporaryFolder } from '../shells/temporary.ts'
import { runningEndpoint, type RunningEndpoint } from './running-endpoint.ts'

const certificates = createCertificates()
const YEAR = 365 * DAY
const openssl = spawnSync('openssl', ['version']).status === 0

function request(change: Partial<CertificateRequest> = {}): CertificateRequest {
  return {
    commonName: 'localhost',
    dnsNames: ['localhost', 'kms.holdfast.localhost'],
    addresses: [Uint8Array.of(127, 0, 0, 1), Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : 0))],
    serial: randomBytes(16),
    notBefore: Date.now() - DAY,
    notAfter: Date.now() + YEAR,
    ...change,
  }
}

const authority = { ...certificates.makeAuthority(request({ commonName: 'Test authority' })), commonName: 'Test authority' }

describe('a certificate', () => {
  const server = certificates.makeServer(request(), authority)

  it('is what Node reads out of it', () => {
    const ca = new X509Certificate(authority.certificate)
    const leaf = new X509Certificate(server.certificate)
    expect(ca.ca).toBe(true)
    expect(leaf.ca).toBe(false)
    expect(leaf.issuer).toBe('O=Holdfast\nCN=Test authority')
    expect(leaf.checkIssued(ca) && leaf.verify(ca.publicKey)).toBe(true)
    expect(leaf.subjectAltName).toBe('DNS:localhost, DNS:kms.holdfast.localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect([leaf.checkHost('localhost'), leaf.checkIP('127.0.0.1'), leaf.checkHost('example.com')]).toEqual(['localhost', '127.0.0.1', undefined])
  })

  it.skipIf(!openssl)(`passes OpenSSL's strict verification${openssl ? '' : ' (no openssl in the PATH)'}`, () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'ca.pem'), certificatePem(authority.certificate))
    writeFileSync(join(folder, 'leaf.pem'), certificatePem(server.certificate))
    for (const name of [['-verify_hostname', 'kms.holdfast.localhost'], ['-verify_ip', '127.0.0.1'], ['-verify_ip', '::1']]) {
      const { stdout, stderr } = spawnSync('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', ...name, '-CAfile', join(folder, 'ca.pem'), join(folder, 'leaf.pem')], { encoding: 'utf8' })
      expect([stdout, stderr]).toEqual([`${join(folder, 'leaf.pem')}: OK\n`, ''])
    }
  })

  it.each([
    ['00'.repeat(15) + '7f', '7F'],
    ['ff'.repeat(20), 'FF'.repeat(20)],
    ['00ff', 'FF'],
    ['00', '0'],
  ])('has the serial %s as a positive number', (serial, shown) => {
    expect(new X509Certificate(certificates.makeAuthority(request({ serial: Buffer.from(serial, 'hex') })).certificate).serialNumber).toBe(shown)
  })

  it('has times on both sides of 2050, which are written in two ways', () => {
    const { certificate } = certificates.makeAuthority(request({ notBefore: Date.UTC(2049, 11, 31, 23, 59, 59), notAfter: Date.UTC(2050, 0, 1) }))
    expect([new X509Certificate(certificate).validFrom, new X509Certificate(certificate).validTo]).toEqual(['Dec 31 23:59:59 2049 GMT', 'Jan  1 00:00:00 2050 GMT'])
  })
})

describe('the authority', () => {
  it('is believed for its own names', async () => {
    expect(await handshake(certificates.makeServer(request(), authority), 'localhost')).toBe('trusted')
  })

  it('is believed for no other name, even if its key signs for one', async () => {
    const stolen = certificates.makeServer(request({ commonName: 'example.com', dnsNames: ['example.com'], addresses: [] }), authority)
    expect(await handshake(stolen, 'example.com')).toBe('permitted subtree violation')
    const address = certificates.makeServer(request({ commonName: 'x', dnsNames: [], addresses: [Uint8Array.of(10, 0, 0, 1)] }), authority)
    expect(await handshake(address, '10.0.0.1')).toBe('permitted subtree violation')
  })

  it('makes no other authorities', async () => {
    const below = { ...certificates.makeServer(request(), authority), commonName: 'localhost' }
    expect(await handshake(certificates.makeServer(request({ commonName: 'below' }), below), 'localhost', below)).toMatch(/^(invalid CA certificate|key usage does not include certificate signing)$/)
  })
})

describe('the certificate of a vault', () => {
  it('is made once, recorded, and shown by the endpoint until it grows old', async () => {
    const clocks = movableClocks(Date.now() - 200 * DAY)
    let store: Store | undefined
    await using endpoint = await runningEndpoint('tls', { ambient: clocks, home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }) })
    const first = await shown(endpoint)
    const issued = store!.read((tables) => tables.audit.page(0, 1_000)).map(({ leaf }) => JSON.parse(new TextDecoder().decode(leaf)) as Record<string, unknown>).filter((record) => record['eventName'] === 'IssueCertificates')
    expect(issued).toHaveLength(1)
    expect(issued[0]).toMatchObject({ requestParameters: { certificates: [{ role: 'authority' }, { role: 'server', sha256: fingerprint(first) }] } })

    const reopened = async (): Promise<X509Certificate> => {
      await endpoint.vault.holdfast.vault.lock('request')
      await endpoint.vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
      return shown(endpoint)
    }
    expect(fingerprint(await reopened())).toBe(fingerprint(first))
    clocks.pass(100 * DAY)
    const second = await reopened()
    expect(fingerprint(second)).not.toBe(fingerprint(first))
    expect(readFileSync(endpoint.caPath, 'utf8')).toBe(endpoint.ca)
    expect(second.verify(new X509Certificate(endpoint.ca).publicKey)).toBe(true)
  })

  it('is shown while the vault is locked too', async () => {
    await using endpoint = await runningEndpoint()
    const open = await shown(endpoint)
    await endpoint.vault.api.vault.lock({})
    expect(fingerprint(await shown(endpoint))).toBe(fingerprint(open))
  })
})

/** What a client that trusts the authority alone makes of a server: `trusted`, or OpenSSL's reason. */
async function handshake(server: Certified, servername: string, ...chain: readonly Certified[]): Promise<string> {
  const cert = Buffer.concat([server, ...chain].map(({ certificate }) => certificatePem(certificate)))
  const listener = createServer({ key: privateKeyPem(server.privateKey), cert }, (socket) => socket.end())
  onTestFinished(() => void listener.close())
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  return new Promise((resolve) => {
    const named = /^\d/.test(servername) ? {} : { servername }
    const socket = connect({ host: '127.0.0.1', port, ca: certificatePem(authority.certificate), checkServerIdentity: () => undefined, ...named })
    socket.once('secureConnect', () => { resolve('trusted') })
    socket.once('error', ({ message }) => { resolve(message) })
  })
}

async function shown(endpoint: RunningEndpoint): Promise<X509Certificate> {
  const socket: TLSSocket = connect({ host: '127.0.0.1', port: endpoint.port, ca: endpoint.ca })
  await once(socket, 'secureConnect')
  const certificate = socket.getPeerX509Certificate()!
  socket.destroy()
  return certificate
}

function fingerprint(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}
