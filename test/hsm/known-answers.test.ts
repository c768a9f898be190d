import { randomBytes } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publicKeyInfo } from '#core/keys/public-keys.ts'
import type { NistCurve } from '#core/ports/public-key-crypto.ts'
import { createCrypto } from '#crypto/crypto.ts'
import { asBuffer } from '#hsm/host/bytes.ts'
import { findToken, loadLibrary } from '#hsm/host/library.ts'
import { PrivateKeys } from '#hsm/host/private-keys.ts'
import { Sealing } from '#hsm/host/sealing.ts'
import { OpenToken } from '#hsm/host/token.ts'
import { findSoftHsm, writeSoftHsmConfiguration } from '#hsm/softhsm.ts'
import { knownAnswers, type KnownAnswer } from '../vectors/known-answers.ts'
import { softToken, tools, type SoftToken } from './soft-token.ts'

// Published answers, against a token: each key is put into a token of this test's own (C_CreateObject), then used through the host's own
// calls. The sources stand in the files. The owner's share: test/crypto/known-answers.test.ts.

const CKK_EC_EDWARDS = 0x40
const CURVES: Readonly<Record<string, string>> = { 'P-256': '06082a8648ce3d030107', 'P-384': '06052b81040022', 'P-521': '06052b81040023' }
const SIZES: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }
const TYPES: Readonly<Record<string, NistCurve>> = { 'P-256': 'p256', 'P-384': 'p384', 'P-521': 'p521' }

let soft: SoftToken
let token: OpenToken
let last: { id: Buffer; handle: pkcs11.Handle } | undefined

beforeAll(async () => {
  soft = await softToken()
  if (soft.module.tokenDirectory !== undefined) process.env['SOFTHSM2_CONF'] = await writeSoftHsmConfiguration(soft.module.tokenDirectory)
  const library = loadLibrary(await findSoftHsm(process.env, tools), undefined)
  const found = findToken(library, soft.serial)
  if (found === undefined) throw new Error('the token is not there')
  token = new OpenToken(library, found.slot, { loginRequired: true })
  token.login(asBuffer(Buffer.from(soft.pin)))
})

afterAll(async () => {
  token.functions.C_Finalize()
  await soft.dispose()
})

describe('AES-256-GCM', () => {
  it('seals as NIST', () => {
    const sealing = new Sealing(token)
    for (const each of knownAnswers('aes-256-gcm-encrypt')) {
      const key = secretKey(pkcs11.CKK_AES, each.hex('Key'))
      const { iv, sealed } = sealing.encrypt(key, each.hex('IV'), each.hex('AAD'), each.hex('PT'))
      expect(hex(iv)).toBe(hex(each.hex('IV')))
      expect(hex(sealed), name(each)).toBe(hex(each.hex('CT')) + hex(each.hex('Tag')))
    }
  })

  it('opens what NIST opens and nothing else', () => {
    const sealing = new Sealing(token)
    for (const each of knownAnswers('aes-256-gcm-decrypt')) {
      const key = secretKey(pkcs11.CKK_AES, each.hex('Key'))
      const opened = sealing.decrypt(key, each.hex('IV'), each.hex('AAD'), Buffer.concat([each.hex('CT'), each.hex('Tag')]))
      expect(opened && hex(opened), name(each)).toBe(each.text('FAIL') === undefined ? hex(each.hex('PT')) : undefined)
    }
  })
})

it.each([
  ['hmac-224', 'hmac-sha-224', 64], ['hmac-256', 'hmac-sha-256', 64], ['hmac-384', 'hmac-sha-384', 128], ['hmac-512', 'hmac-sha-512', 128],
] as const)('authenticates with %s as RFC 4231', (kind, file, block) => {
  const sealing = new Sealing(token)
  for (const each of knownAnswers(file)) {
    const given = each.hex('Key')
    // A key of zeros up to the block is the same key (RFC 2104, section 2), and SoftHSM takes none that is shorter than the hash.
    const key = secretKey(pkcs11.CKK_GENERIC_SECRET, given.length < block ? Buffer.concat([given, Buffer.alloc(block - given.length)]) : given)
    const mac = hex(sealing.mac(key, each.hex('Msg'), kind))
    // Test case 5 is truncated to 128 bits.
    expect(mac.slice(0, (each.text('MD') ?? '').length), name(each)).toBe(each.text('MD'))
  }
})

it('agrees with ECDH on the secrets of NIST', () => {
  const privateKeys = new PrivateKeys(token)
  const right = knownAnswers('ecdh').filter((each) => each.text('Result')?.startsWith('P'))
  expect(new Set(right.map(({ section }) => section)).size).toBe(3)
  for (const each of right) {
    const size = SIZES[each.section] ?? 0
    const key = privateKey(pkcs11.CKK_EC, [
      { type: pkcs11.CKA_EC_PARAMS, value: Buffer.from(CURVES[each.section] ?? '', 'hex') },
      { type: pkcs11.CKA_VALUE, value: padded(each.hex('dsIUT'), size) },
      { type: pkcs11.CKA_DERIVE, value: true },
    ])
    const point = Buffer.concat([Buffer.of(4), padded(each.hex('QsCAVSx'), size), padded(each.hex('QsCAVSy'), size)])
    expect(hex(privateKeys.derive(key, point)), name(each)).toBe(hex(padded(each.hex('Z'), size)))
  }
})

it('agrees on no secret with a point that NIST put beside the curve: the owner finds no point in such a key', () => {
  const { publicKeys } = createCrypto()
  const beside = knownAnswers('ecdh').filter((each) => /CAVS's Static public key/.test(each.text('Result') ?? ''))
  expect(beside).toHaveLength(12)
  for (const each of beside) {
    const size = SIZES[each.section] ?? 0
    const type = TYPES[each.section] ?? 'p256'
    const info = publicKeyInfo(type, Buffer.concat([Buffer.of(4), padded(each.hex('QsCAVSx'), size), padded(each.hex('QsCAVSy'), size)]))
    expect(publicKeys.point(type, info), name(each)).toBeUndefined()
  }
})

it('signs with Ed25519 as RFC 8032', () => {
  const privateKeys = new PrivateKeys(token)
  for (const each of knownAnswers('ed25519')) {
    const key = privateKey(CKK_EC_EDWARDS, [
      { type: pkcs11.CKA_EC_PARAMS, value: Buffer.from('130c656477617264733235353139', 'hex') },
      { type: pkcs11.CKA_VALUE, value: asBuffer(each.hex('Seed')) },
      { type: pkcs11.CKA_SIGN, value: true },
    ])
    // An empty message is none to C_Sign of SoftHSM, and to AWS KMS (Message has at least one byte).
    if (each.hex('Msg').length > 0) expect(hex(privateKeys.sign(key, 'eddsa', each.hex('Msg'))), name(each)).toBe(each.text('Sig'))
  }
})

it('opens what others sealed with OAEP and SHA-256, whoever takes the padding off', () => {
  const privateKeys = new PrivateKeys(token)
  for (const each of knownAnswers('oaep-sha-256')) {
    const [n, e] = [asBuffer(each.hex('n')), asBuffer(each.hex('e'))]
    const key = privateKey(pkcs11.CKK_RSA, [
      { type: pkcs11.CKA_MODULUS, value: n },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: e },
      ...([['d', pkcs11.CKA_PRIVATE_EXPONENT], ['p', pkcs11.CKA_PRIME_1], ['q', pkcs11.CKA_PRIME_2], ['dp', pkcs11.CKA_EXPONENT_1], ['dq', pkcs11.CKA_EXPONENT_2], ['qi', pkcs11.CKA_COEFFICIENT]] as const)
        .map(([part, type]) => ({ type, value: asBuffer(each.hex(part)) })),
      { type: pkcs11.CKA_DECRYPT, value: true },
    ])
    token.functions.C_CreateObject(token.keeper, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
      { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_RSA },
      { type: pkcs11.CKA_ID, value: key },
      { type: pkcs11.CKA_TOKEN, value: true },
      { type: pkcs11.CKA_MODULUS, value: n },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: e },
    ])
    const ciphertext = each.hex('Ciphertext')
    expect(hex(privateKeys.rsaDecrypt(key, 'oaep-sha-256', ciphertext) ?? new Uint8Array()), name(each)).toBe(hex(each.hex('Msg')))
    for (const at of [1, 128, 255]) expect(privateKeys.rsaDecrypt(key, 'oaep-sha-256', ciphertext.with(at, (ciphertext[at] ?? 0) ^ 1)), `${name(each)}, byte ${at}`).toBeUndefined()
    expect(privateKeys.rsaDecrypt(key, 'oaep-sha-256', ciphertext.subarray(1))).toBeUndefined()
    expect(privateKeys.rsaDecrypt(key, 'oaep-sha-256', n)).toBeUndefined()
  }
})

/** A secret key in the token, by a new CKA_ID. */
function secretKey(type: number, value: Uint8Array): Buffer {
  return created(pkcs11.CKO_SECRET_KEY, type, [
    { type: pkcs11.CKA_VALUE, value: asBuffer(value) },
    ...(type === pkcs11.CKK_AES
      ? [{ type: pkcs11.CKA_ENCRYPT, value: true }, { type: pkcs11.CKA_DECRYPT, value: true }]
      : [{ type: pkcs11.CKA_SIGN, value: true }]),
  ])
}

function privateKey(type: number, parts: pkcs11.Template): Buffer {
  return created(pkcs11.CKO_PRIVATE_KEY, type, parts)
}

function created(type: number, keyType: number, parts: pkcs11.Template): Buffer {
  // One at a time: SoftHSM looks through all its objects, each a file, for every one that is asked for.
  if (last !== undefined) {
    token.functions.C_DestroyObject(token.keeper, last.handle)
    token.forget(last.id)
  }
  const id = randomBytes(16)
  const handle = token.functions.C_CreateObject(token.keeper, [
    { type: pkcs11.CKA_CLASS, value: type },
    { type: pkcs11.CKA_KEY_TYPE, value: keyType },
    { type: pkcs11.CKA_ID, value: id },
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    ...parts,
  ])
  last = { id, handle }
  return id
}

/** NIST writes numbers for P-521 with zeros to the next four bytes. */
function padded(number: Uint8Array, size: number): Buffer {
  return Buffer.concat([Buffer.alloc(size), number]).subarray(-size)
}

function name({ section, place }: KnownAnswer): string {
  return `case ${place} [${section}]`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
