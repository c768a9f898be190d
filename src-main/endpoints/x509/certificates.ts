import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import type { CertificateRequest, Certificates, Certified } from '#core/ports/certificates.ts'
import { bits, boolean, element, integer, octets, oid, sequence, set, text, time } from './der.ts'

/** The Certificates port over node:crypto. The profile is RFC 5280's, as strict clients want it. */
export function createCertificates(): Certificates {
  return {
    makeAuthority(request) {
      const key = newKey()
      return certified(key, request, { key, name: request.commonName }, [
        extension('2.5.29.19', 'critical', sequence(boolean(true), integer(Uint8Array.of(0)))), // basicConstraints: cA, pathLen 0
        extension('2.5.29.15', 'critical', bits(Uint8Array.of(0b0000_0110), 1)), // keyUsage: keyCertSign, cRLSign
        extension('2.5.29.30', 'critical', nameConstraints(request)),
        subjectKeyIdentifier(key),
      ])
    },
    makeServer(request, authority) {
      const signer = createPrivateKey({ key: Buffer.from(authority.privateKey), format: 'der', type: 'pkcs8' })
      const key = newKey()
      return certified(key, request, { key: signer, name: authority.commonName }, [
        extension('2.5.29.19', 'critical', sequence()),
        extension('2.5.29.15', 'critical', bits(Uint8Array.of(0b1000_0000), 7)), // keyUsage: digitalSignature
        extension('2.5.29.37', 'plain', sequence(oid('1.3.6.1.5.5.7.3.1'))), // extKeyUsage: serverAuth
        extension('2.5.29.17', 'plain', sequence(...request.dnsNames.map((name) => element(0x82, Buffer.from(name))), ...request.addresses.map((address) => element(0x87, address)))),
        subjectKeyIdentifier(key),
        extension('2.5.29.35', 'plain', sequence(element(0x80, keyIdentifier(signer)))), // authorityKeyIdentifier
      ])
    },
  }
}

/** RFC 5280 section 4.1: to be signed, signed by the issuer, and both in one. */
function certified(key: KeyObject, request: CertificateRequest, issuer: { key: KeyObject; name: string }, extensions: readonly Uint8Array[]): Certified {
  const toBeSigned = sequence(
    element(0xa0, integer(Uint8Array.of(2))), // version 3
    integer(request.serial),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    sequence(time(request.notBefore), time(request.notAfter)),
    distinguishedName(request.commonName),
    publicKeyInfo(key),
    element(0xa3, sequence(...extensions)),
  )
  return {
    privateKey: key.export({ type: 'pkcs8', format: 'der' }),
    certificate: sequence(toBeSigned, ECDSA_WITH_SHA256, bits(sign('sha256', toBeSigned, issuer.key))),
  }
}

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

function publicKeyInfo(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ type: 'spki', format: 'der' })
}

function distinguishedName(commonName: string): Uint8Array {
  return sequence(set(sequence(oid('2.5.4.10'), text('Holdfast'))), set(sequence(oid('2.5.4.3'), text(commonName))))
}

function extension(id: string, weight: 'critical' | 'plain', value: Uint8Array): Uint8Array {
  return sequence(oid(id), ...(weight === 'critical' ? [boolean(true)] : []), octets(value))
}

function subjectKeyIdentifier(key: KeyObject): Uint8Array {
  return extension('2.5.29.14', 'plain', octets(keyIdentifier(key)))
}

/** RFC 7093 section 2, method 1: the first 160 bits of the SHA-256 of the public key's bits, which end a P-256 SubjectPublicKeyInfo. */
function keyIdentifier(key: KeyObject): Uint8Array {
  return createHash('sha256').update(publicKeyInfo(key).subarray(-65)).digest().subarray(0, 20)
}

/** RFC 5280 section 4.2.1.10: permitted subtrees; an address with a mask of ones is that address alone. */
function nameConstraints({ dnsNames, addresses }: CertificateRequest): Uint8Array {
  const names = dnsNames.map((name) => sequence(element(0x82, Buffer.from(name))))
  const networks = addresses.map((address) => sequence(element(0x87, address, new Uint8Array(address.length).fill(0xff))))
  return sequence(element(0xa0, ...names, ...networks))
}
