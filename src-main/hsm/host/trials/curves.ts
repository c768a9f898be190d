import { createHash, createPublicKey, diffieHellman, generateKeyPairSync, randomBytes, verify, type JsonWebKey, type KeyObject } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { ckrOf } from '../refusal.ts'
import { WrongAnswer, flipped, must, type Finding, type Trial } from './trial.ts'
import { privateTemplate, publicTemplate, secretTemplate, type PairPurpose } from './wishes.ts'

/** CKA_EC_PARAMS: the curve's OID in DER; bytes of a coordinate; the hash that AWS KMS signs with on it; the host's name for it. */
const curves = {
  'P-256': { parameters: '06082a8648ce3d030107', coordinate: 32, hash: 'sha256', name: 'prime256v1' },
  'P-384': { parameters: '06052b81040022', coordinate: 48, hash: 'sha384', name: 'secp384r1' },
  'P-521': { parameters: '06052b81040023', coordinate: 66, hash: 'sha512', name: 'secp521r1' },
  secp256k1: { parameters: '06052b8104000a', coordinate: 32, hash: 'sha256', name: 'secp256k1' },
} as const

export type Curve = keyof typeof curves

export function ecdsa(curve: Curve) {
  const { hash, coordinate } = curves[curve]
  return (trial: Trial): Finding | undefined => {
    const pair = ecPair(trial, curve, 'sign')
    mustBeSealed(trial, pair.privateKey)
    const message = randomBytes(100)
    const digest = createHash(hash).update(message).digest()
    const signature = trial.timed((session) => {
      trial.functions.C_SignInit(session, { mechanism: pkcs11.CKM_ECDSA }, pair.privateKey)
      return Buffer.from(trial.functions.C_Sign(session, digest, Buffer.alloc(2 * coordinate + 16)))
    })
    must(signature.length === 2 * coordinate, `a signature of ${signature.length} bytes`)
    // BoringSSL, below Electron, has no secp256k1: then the token must be asked itself.
    if (curve === 'secp256k1' && !hostKnowsSecp256k1()) {
      must(tokenVerifies(trial, pair.publicKey, digest, signature), 'the token does not know its own signature')
      must(!tokenVerifies(trial, pair.publicKey, flipped(digest, 0), signature), 'the signature holds for another digest')
      return { detail: 'verified by the token itself' }
    }
    const key = { key: outside(curve, pointOf(trial, pair.publicKey)), dsaEncoding: 'ieee-p1363' } as const
    must(verify(hash, message, key, signature), 'the signature does not hold outside the token')
    must(!verify(hash, flipped(message, 0), key, signature), 'the signature holds for another message')
    return undefined
  }
}

const CKM_EC_EDWARDS_KEY_PAIR_GEN = 0x1055
const CKM_EDDSA = 0x1057
const CKK_EC_EDWARDS = 0x40

/** CKA_EC_PARAMS of Ed25519: the OID of RFC 8410, or the name, PKCS#11 v3.0 takes both. */
const edwardsParameters = ['06032b6570', '130c656477617264733235353139'] as const

export function ed25519(trial: Trial, sizes: readonly number[]): undefined {
  const pair = edwardsPair(trial)
  mustBeSealed(trial, pair.privateKey)
  const x = pointOf(trial, pair.publicKey).toString('base64url')
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
  for (const size of sizes) {
    const message = randomBytes(size)
    const signature = trial.timed((session) => {
      trial.functions.C_SignInit(session, { mechanism: CKM_EDDSA }, pair.privateKey)
      return Buffer.from(trial.functions.C_Sign(session, message, Buffer.alloc(64)))
    })
    must(verify(null, message, key, signature), 'the signature does not hold outside the token')
    must(!verify(null, flipped(message, 0), key, signature), 'the signature holds for another message')
  }
}

/** ECDH without a key derivation function (CKD_NULL): AWS KMS's DeriveSharedSecret gives the raw x coordinate. */
export function ecdh(curve: Exclude<Curve, 'secp256k1'>) {
  const { coordinate, name } = curves[curve]
  return (trial: Trial): undefined => {
    const pair = ecPair(trial, curve, 'derive')
    const peer = generateKeyPairSync('ec', { namedCurve: name })
    const { x = '', y = '' } = peer.publicKey.export({ format: 'jwk' })
    const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
    const secret = trial.keep(trial.timed(() => derived(trial, pair.privateKey, point, coordinate)))
    const wanted = diffieHellman({ privateKey: peer.privateKey, publicKey: outside(curve, pointOf(trial, pair.publicKey)) })
    must(trial.attribute(secret, pkcs11.CKA_VALUE)?.equals(wanted) === true, 'the shared secret is not the one that the other side computes')
  }
}

export function ecPair(trial: Trial, curve: Curve, purpose: PairPurpose): pkcs11.KeyPair {
  return made(trial, pkcs11.CKM_EC_KEY_PAIR_GEN, pkcs11.CKK_EC, curves[curve].parameters, purpose)
}

function edwardsPair(trial: Trial): pkcs11.KeyPair {
  const [byOid, byName] = edwardsParameters
  try {
    return made(trial, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, byOid, 'sign')
  } catch (error) {
    if (ckrOf(error) === undefined) throw error
    return made(trial, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, byName, 'sign')
  }
}

function made(trial: Trial, mechanism: number, keyType: number, parameters: string, purpose: PairPurpose): pkcs11.KeyPair {
  const curve = [{ type: pkcs11.CKA_EC_PARAMS, value: Buffer.from(parameters, 'hex') }]
  const pair = trial.functions.C_GenerateKeyPair(
    trial.token.keeper, { mechanism }, publicTemplate(keyType, purpose, curve), privateTemplate(keyType, purpose),
  )
  trial.keep(pair.privateKey)
  trial.keep(pair.publicKey)
  return pair
}

/** The point as it is, or, for tokens that want it so (before v2.40's errata), as a DER OCTET STRING. */
function derived(trial: Trial, key: pkcs11.Handle, point: Buffer, length: number): pkcs11.Handle {
  const template = secretTemplate({ keyType: 'generic', kept: 'open', uses: ['sign'], length, modifiable: true })
  const derive = (publicData: Buffer): pkcs11.Handle => {
    const parameter: pkcs11.ECDH1 = { type: pkcs11.CK_PARAMS_EC_DH, kdf: pkcs11.CKD_NULL, publicData }
    return trial.functions.C_DeriveKey(trial.token.keeper, { mechanism: pkcs11.CKM_ECDH1_DERIVE, parameter }, key, template)
  }
  return trial.answered(() => derive(point)) ?? derive(octetString(point))
}

function octetString(content: Buffer): Buffer {
  const length = content.length < 0x80 ? [content.length] : [0x81, content.length]
  return Buffer.concat([Buffer.from([0x04, ...length]), content])
}

/** CKA_EC_POINT without its OCTET STRING, which some tokens leave away. */
function pointOf(trial: Trial, publicKey: pkcs11.Handle): Buffer {
  const shown = trial.attribute(publicKey, pkcs11.CKA_EC_POINT)
  if (shown === undefined) throw new WrongAnswer('the public key does not show its point')
  const header = shown[1] === 0x81 ? 3 : 2
  const announced = shown[1] === 0x81 ? shown[2] : shown[1]
  return shown[0] === 0x04 && announced === shown.length - header ? shown.subarray(header) : shown
}

function outside(curve: Curve, point: Buffer): KeyObject {
  const { coordinate } = curves[curve]
  must(point.length === 1 + 2 * coordinate && point[0] === 4, 'the public key is no uncompressed point')
  const [x, y] = [point.subarray(1, 1 + coordinate), point.subarray(1 + coordinate)].map((half) => half.toString('base64url'))
  const key: JsonWebKey = { kty: 'EC', crv: curve, x: x ?? '', y: y ?? '' }
  return createPublicKey({ format: 'jwk', key })
}

/** Whether the host's cryptography takes secp256k1's own generator (SEC 2, section 2.4.1) for a point. */
function hostKnowsSecp256k1(): boolean {
  const x = Buffer.from('79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798', 'hex').toString('base64url')
  const y = Buffer.from('483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8', 'hex').toString('base64url')
  try {
    createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'secp256k1', x, y } })
    return true
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === 'string') return false
    throw error
  }
}

function mustBeSealed(trial: Trial, privateKey: pkcs11.Handle): void {
  must(trial.flag(privateKey, pkcs11.CKA_SENSITIVE) === true, 'the private key is not sensitive')
  must(trial.flag(privateKey, pkcs11.CKA_EXTRACTABLE) === false, 'the private key is extractable')
}

function tokenVerifies(trial: Trial, publicKey: pkcs11.Handle, digest: Buffer, signature: Buffer): boolean {
  return (
    trial.answered(() =>
      trial.attempt((session) => {
        trial.functions.C_VerifyInit(session, { mechanism: pkcs11.CKM_ECDSA }, publicKey)
        return trial.functions.C_Verify(session, digest, signature)
      }),
    ) ?? false
  )
}
