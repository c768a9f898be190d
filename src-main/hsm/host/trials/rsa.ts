import { constants, createHash, createPublicKey, publicEncrypt, randomBytes, verify, type KeyObject } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { WrongAnswer, flipped, must, type Trial } from './trial.ts'
import { privateTemplate, publicTemplate, type PairPurpose } from './wishes.ts'

export type RsaBits = 2048 | 3072 | 4096

interface RsaPair {
  readonly privateKey: pkcs11.Handle
  readonly publicKey: pkcs11.Handle
  /** The public key in the host. */
  readonly outside: KeyObject
}

/** A pair of the session for one purpose; made once, because it takes minutes on a smart card. */
export function rsaKeys(trial: Trial, purpose: PairPurpose, bits: RsaBits = 2048): RsaPair {
  const name = `rsa-${bits}-${purpose}`
  const pair = trial.shelf.get(name) ?? make(trial, purpose, bits)
  trial.shelf.set(name, pair)
  const [n, e] = [pkcs11.CKA_MODULUS, pkcs11.CKA_PUBLIC_EXPONENT].map((type) => trial.attribute(pair.publicKey, type)?.toString('base64url'))
  if (n === undefined || e === undefined) throw new WrongAnswer('the public key does not show its numbers')
  return { ...pair, outside: createPublicKey({ format: 'jwk', key: { kty: 'RSA', n, e } }) }
}

export function rsaPair(bits: RsaBits) {
  return (trial: Trial): undefined => {
    const { privateKey, outside } = rsaKeys(trial, 'sign', bits)
    must(outside.asymmetricKeyDetails?.modulusLength === bits, 'a pair of another length')
    must(trial.flag(privateKey, pkcs11.CKA_SENSITIVE) === true, 'the private key is not sensitive')
    must(trial.flag(privateKey, pkcs11.CKA_EXTRACTABLE) === false, 'the private key is extractable')
    mustSign(trial, privateKey, outside, 'sha256', { mechanism: pkcs11.CKM_RSA_PKCS }, (digest) => digestInfo('sha256', digest), {})
  }
}

/** RSASSA-PKCS1-v1_5 over a DigestInfo that the host makes (RFC 8017, section 9.2). */
export function pkcs1(trial: Trial): undefined {
  const { privateKey, outside } = rsaKeys(trial, 'sign')
  for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
    mustSign(trial, privateKey, outside, hash, { mechanism: pkcs11.CKM_RSA_PKCS }, (digest) => digestInfo(hash, digest), {})
  }
}

/** RSASSA-PSS over a digest, salt as long as the digest, MGF1 with the same hash: AWS KMS's parameters. */
export function pss(hash: SignatureHash) {
  const { id, mgf, length } = signatureHashes[hash]
  const parameter: pkcs11.RsaPSS = { type: pkcs11.CK_PARAMS_RSA_PSS, hashAlg: id, mgf, saltLen: length }
  const how = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: length }
  return (trial: Trial): undefined => {
    const { privateKey, outside } = rsaKeys(trial, 'sign')
    mustSign(trial, privateKey, outside, hash, { mechanism: pkcs11.CKM_RSA_PKCS_PSS, parameter }, (digest) => digest, how)
  }
}

const oaepHashes = {
  sha1: { id: pkcs11.CKM_SHA_1, mgf: pkcs11.CKG_MGF1_SHA1 },
  sha256: { id: pkcs11.CKM_SHA256, mgf: pkcs11.CKG_MGF1_SHA256 },
} as const

export type OaepHash = keyof typeof oaepHashes

/** RSAES-OAEP with MGF1 of the same hash and no label. */
export function oaepMechanism(hash: OaepHash): pkcs11.Mechanism {
  const { id, mgf } = oaepHashes[hash]
  const parameter: pkcs11.RsaOAEP = { type: pkcs11.CK_PARAMS_RSA_OAEP, hashAlg: id, mgf, source: CKZ_DATA_SPECIFIED }
  return { mechanism: pkcs11.CKM_RSA_PKCS_OAEP, parameter }
}

export function oaepEncrypt(outside: KeyObject, hash: OaepHash, plaintext: Buffer): Buffer {
  return publicEncrypt({ key: outside, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, plaintext)
}

export function oaepDecrypt(hash: OaepHash) {
  return (trial: Trial, sizes: readonly number[]): undefined => {
    const { privateKey, outside } = rsaKeys(trial, 'decrypt')
    const opened = (ciphertext: Buffer): Buffer =>
      trial.timed((session) => {
        trial.functions.C_DecryptInit(session, oaepMechanism(hash), privateKey)
        return trial.functions.C_Decrypt(session, ciphertext, Buffer.alloc(ciphertext.length))
      })
    for (const size of sizes) {
      const plaintext = randomBytes(size)
      must(opened(oaepEncrypt(outside, hash, plaintext)).equals(plaintext), `what was encrypted is not decrypted, at ${size} bytes`)
    }
    const changed = flipped(oaepEncrypt(outside, hash, randomBytes(32)), 17)
    must(trial.answered(() => opened(changed)) === undefined, 'a changed ciphertext was accepted')
  }
}

const CKZ_DATA_SPECIFIED = 1

const signatureHashes = {
  sha256: { id: pkcs11.CKM_SHA256, mgf: pkcs11.CKG_MGF1_SHA256, length: 32, oid: '608648016503040201' },
  sha384: { id: pkcs11.CKM_SHA384, mgf: pkcs11.CKG_MGF1_SHA384, length: 48, oid: '608648016503040202' },
  sha512: { id: pkcs11.CKM_SHA512, mgf: pkcs11.CKG_MGF1_SHA512, length: 64, oid: '608648016503040203' },
} as const

export type SignatureHash = keyof typeof signatureHashes

function make(trial: Trial, purpose: PairPurpose, bits: RsaBits): pkcs11.KeyPair {
  const length = [
    { type: pkcs11.CKA_MODULUS_BITS, value: bits },
    { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
  ]
  return trial.functions.C_GenerateKeyPair(
    trial.token.keeper,
    { mechanism: pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN },
    publicTemplate(pkcs11.CKK_RSA, purpose, length),
    privateTemplate(pkcs11.CKK_RSA, purpose),
  )
}

function mustSign(
  trial: Trial, key: pkcs11.Handle, outside: KeyObject, hash: SignatureHash, mechanism: pkcs11.Mechanism,
  input: (digest: Buffer) => Buffer, how: { padding?: number; saltLength?: number },
): void {
  const message = randomBytes(100)
  const signature = trial.timed((session) => {
    trial.functions.C_SignInit(session, mechanism, key)
    return Buffer.from(trial.functions.C_Sign(session, input(createHash(hash).update(message).digest()), Buffer.alloc(512)))
  })
  must(verify(hash, message, { key: outside, ...how }, signature), `the signature over ${hash} does not hold outside the token`)
  must(!verify(hash, flipped(message, 0), { key: outside, ...how }, signature), 'the signature holds for another message')
}

/** DER of DigestInfo: SEQUENCE { SEQUENCE { OID, NULL }, OCTET STRING }. */
function digestInfo(hash: SignatureHash, digest: Buffer): Buffer {
  const oid = Buffer.from(signatureHashes[hash].oid, 'hex')
  const algorithm = Buffer.concat([Buffer.from([0x30, oid.length + 4, 0x06, oid.length]), oid, Buffer.from([0x05, 0x00])])
  return Buffer.concat([Buffer.from([0x30, algorithm.length + 2 + digest.length]), algorithm, Buffer.from([0x04, digest.length]), digest])
}
