import { constants, createCipheriv, createDecipheriv, createHash, createHmac, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HsmMember, MaterialKind } from '#core/ports/hsm.ts'
import type { WrappingAlgorithm } from '#core/vocabulary/kms.ts'
import { kwpUnwrap } from '#hsm/host/kwp.ts'
import { testOwner } from './owner.ts'
import { softToken, type SoftToken } from './soft-token.ts'

let token: SoftToken
let member: HsmMember
const pair = { ckaId: randomBytes(16), label: 'holdfast:test:wrapping' }
let info: Uint8Array

beforeAll(async () => {
  token = await softToken()
  member = token.hsm().member(token.config(), testOwner(token.pin))
  await member.open()
  info = (await member.session.generateKey({ kind: 'rsa-2048-unwrap', ...pair })).publicKey!
})

afterAll(async () => {
  await member.close()
  await token.dispose()
})

const ALGORITHMS = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_1', 'RSA_AES_KEY_WRAP_SHA_256'] as const
const SECRETS = { 'aes-256': 32, 'hmac-224': 28, 'hmac-256': 32, 'hmac-384': 48, 'hmac-512': 64 } as const
const LABEL = 'holdfast:test:imported'

function wrap(algorithm: WrappingAlgorithm, value: Uint8Array): Buffer {
  const key = createPublicKey({ key: Buffer.from(info), format: 'der', type: 'spki' })
  const oaep = (bytes: Uint8Array) => publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: algorithm.endsWith('SHA_1') ? 'sha1' : 'sha256' }, bytes)
  if (algorithm.startsWith('RSAES')) return oaep(value)
  const aes = randomBytes(32)
  return Buffer.concat([oaep(aes), kwp(aes, value)])
}

function kwp(key: Uint8Array, value: Uint8Array): Buffer {
  const cipher = createCipheriv('id-aes256-wrap-pad', key, Buffer.from('a65959a6', 'hex'))
  return Buffer.concat([cipher.update(value), cipher.final()])
}

async function imported<T>(kind: MaterialKind, algorithm: WrappingAlgorithm, wrapped: Uint8Array, use: (ckaId: Uint8Array) => Promise<T>): Promise<T> {
  const ckaId = randomBytes(16)
  await member.session.importKey({ kind, wrapping: { ckaId: pair.ckaId, algorithm }, wrapped, expected: undefined, name: { ckaId, label: LABEL } })
  try {
    return await use(ckaId)
  } finally {
    await member.session.destroyKey({ ckaId, label: LABEL })
  }
}

describe('a secret key from outside', () => {
  it.each(ALGORITHMS.flatMap((algorithm) => Object.entries(SECRETS).map(([kind, length]) => [algorithm, kind as keyof typeof SECRETS, length] as const)))(
    'arrives by %s as %s, sealed, and is the same key', async (algorithm, kind, length) => {
      const value = randomBytes(length)
      await imported(kind, algorithm, wrap(algorithm, value), async (ckaId) => {
        expect(await member.session.findKey(ckaId)).toMatchObject({ kind, label: LABEL, intact: true })
        if (kind === 'aes-256') {
          const { iv, sealed } = await member.session.encrypt({ ckaId, iv: randomBytes(12), aad: new Uint8Array(), plaintext: Buffer.from('x') })
          const open = createDecipheriv('aes-256-gcm', value, iv).setAuthTag(sealed.subarray(-16))
          expect(open.update(sealed.subarray(0, -16)).toString() + open.final().toString()).toBe('x')
        } else {
          const mac = await member.session.mac({ ckaId, data: Buffer.from('x'), kind })
          expect(Buffer.from(mac)).toEqual(createHmac(kind.replace('hmac-', 'sha'), value).update('x').digest())
        }
      })
      expect(await member.session.findKeys(LABEL)).toEqual([])
    })

  it.each(ALGORITHMS)('is refused by %s where it is cut, altered, or of another length, and leaves nothing', async (algorithm) => {
    const right = wrap(algorithm, randomBytes(32))
    const flipped = Buffer.from(right)
    flipped[flipped.length - 3]! ^= 1
    const other = Buffer.from(right)
    other[5]! ^= 1
    const refused = (wrapped: Uint8Array) => imported('aes-256', algorithm, wrapped, () => Promise.resolve('imported'))
    for (const wrong of [flipped, other, right.subarray(0, -1), right.subarray(0, -8), Buffer.concat([right, Buffer.alloc(8)]), randomBytes(7), randomBytes(256)]) {
      await expect(refused(wrong)).rejects.toMatchObject({ code: 'InvalidCiphertextException' })
    }
    for (const length of [1, 16, 24, 31, 33, 64]) await expect(refused(wrap(algorithm, randomBytes(length)))).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' })
    expect(await member.session.findKeys(LABEL)).toEqual([])
    // And the token goes on working.
    expect(await refused(right)).toBe('imported')
  })

  it('is compared with the one that is expected, and kept only where it is named', async () => {
    const value = randomBytes(32)
    const wrapping = { ckaId: pair.ckaId, algorithm: 'RSAES_OAEP_SHA_1' } as const
    const { checkValue } = await member.session.importKey({ kind: 'hmac-256', wrapping, wrapped: wrap('RSAES_OAEP_SHA_1', value), expected: undefined, name: undefined })
    expect(Buffer.from(checkValue)).toEqual(createHmac('sha256', value).update('holdfast/check/v1').digest().subarray(0, 16))
    const name = { ckaId: randomBytes(16), label: LABEL }
    await expect(member.session.importKey({ kind: 'hmac-256', wrapping, wrapped: wrap('RSAES_OAEP_SHA_1', randomBytes(32)), expected: checkValue, name })).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' })
    expect(await member.session.findKeys(LABEL)).toEqual([])
    await member.session.importKey({ kind: 'hmac-256', wrapping, wrapped: wrap('RSAES_OAEP_SHA_1', value), expected: checkValue, name })
    expect((await member.session.findKey(name.ckaId))?.checkValue).toEqual(checkValue)
    await member.session.destroyKey(name)
  })
})

const PAIRS = [
  ['rsa-2048-sign', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['rsa-3072-decrypt', () => generateKeyPairSync('rsa', { modulusLength: 3072 })],
  ['p256-sign', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['p384-sign', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
  ['p521-derive', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
  ['secp256k1-sign', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
  ['ed25519-sign', () => generateKeyPairSync('ed25519')],
] as const

describe('a pair from outside', () => {
  it.each(PAIRS)('%s arrives sealed, with its public half', async (kind, generate) => {
    const { privateKey, publicKey } = generate()
    const wrapped = wrap('RSA_AES_KEY_WRAP_SHA_256', privateKey.export({ format: 'der', type: 'pkcs8' }))
    await imported(kind, 'RSA_AES_KEY_WRAP_SHA_256', wrapped, async (ckaId) => {
      const facts = await member.session.findKey(ckaId)
      expect(facts).toMatchObject({ kind, intact: true })
      expect(Buffer.from(facts!.publicKey!)).toEqual(publicKey.export({ format: 'der', type: 'spki' }))
      if (kind === 'ed25519-sign') expect(verify(null, Buffer.from('x'), publicKey, await member.session.sign({ ckaId, scheme: 'eddsa', data: Buffer.from('x') }))).toBe(true)
      else if (kind.startsWith('p') && kind.endsWith('-sign')) {
        const signature = await member.session.sign({ ckaId, scheme: 'ecdsa', data: createHash('sha256').update('x').digest() })
        expect(verify('sha256', Buffer.from('x'), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
      }
    })
    expect(await member.session.findKeys(LABEL)).toEqual([])
  })

  it('is refused where it is another kind, or no PKCS #8', async () => {
    const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' })
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'der', type: 'pkcs8' })
    const wrong = [['p384-sign', p256], ['rsa-2048-sign', p256], ['p256-sign', rsa], ['rsa-3072-sign', rsa], ['ed25519-sign', p256], ['p256-sign', p256.subarray(0, -1)], ['p256-sign', randomBytes(138)]] as const
    for (const [kind, bytes] of wrong) {
      await expect(imported(kind, 'RSA_AES_KEY_WRAP_SHA_256', wrap('RSA_AES_KEY_WRAP_SHA_256', bytes), () => Promise.resolve())).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' })
    }
    expect(await member.session.findKeys(LABEL)).toEqual([])
  })
})

describe('AES key unwrap with padding', () => {
  it('opens what OpenSSL wraps, at every length', () => {
    for (let length = 1; length <= 70; length++) {
      const [key, value] = [randomBytes(32), randomBytes(length)]
      expect(kwpUnwrap(key, kwp(key, value))).toEqual(value)
    }
  })

  it('opens the examples of RFC 5649, section 6', () => {
    const key = Buffer.from('5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8', 'hex')
    expect(kwpUnwrap(key, Buffer.from('138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a', 'hex'))?.toString('hex')).toBe('c37b7e6492584340bed12207808941155068f738')
    expect(kwpUnwrap(key, Buffer.from('afbeb0f07dfbf5419200f2ccb50bb24f', 'hex'))?.toString('hex')).toBe('466f7250617369')
  })

  it('refuses every changed byte', () => {
    const key = randomBytes(32)
    const wrapped = kwp(key, randomBytes(37))
    for (let at = 0; at < wrapped.length; at++) {
      const changed = Buffer.from(wrapped)
      changed[at]! ^= 1
      expect(kwpUnwrap(key, changed)).toBeUndefined()
    }
  })
})
