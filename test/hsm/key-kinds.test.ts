import { constants, createHash, createPublicKey, diffieHellman, generateKeyPairSync, publicEncrypt, randomBytes, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isPair, materialKinds } from '#core/keys/specs.ts'
import type { HsmMember, MaterialKind, OaepScheme } from '#core/ports/hsm.ts'
import { testOwner } from './owner.ts'
import { softToken, type SoftToken } from './soft-token.ts'

// Every kind of material on SoftHSM: made, found, used against node:crypto, destroyed.

let token: SoftToken
let member: HsmMember

beforeAll(async () => {
  token = await softToken()
  member = token.hsm().member(token.config(), testOwner(token.pin))
  await member.open()
})

afterAll(async () => {
  await member.close()
  await token.dispose()
})

const LABEL = 'holdfast:test:kinds'

async function withKey<T>(kind: MaterialKind, use: (ckaId: Uint8Array, publicKey: Uint8Array) => Promise<T>): Promise<T> {
  const ckaId = randomBytes(16)
  const facts = await member.session.generateKey({ kind, ckaId, label: LABEL })
  try {
    return await use(ckaId, facts.publicKey ?? new Uint8Array())
  } finally {
    await member.session.destroyKey({ ckaId, label: LABEL })
  }
}

function outside(info: Uint8Array) {
  return createPublicKey({ key: Buffer.from(info), format: 'der', type: 'spki' })
}

describe('every kind of key', () => {
  it.each(materialKinds)('%s is made as asked, found again, and gone once it is destroyed', async (kind) => {
    const ckaId = randomBytes(16)
    const made = await member.session.generateKey({ kind, ckaId, label: LABEL })
    expect(made).toMatchObject({ kind, label: LABEL, intact: true })
    expect(made.checkValue).toHaveLength(16)
    expect(made.publicKey !== undefined).toBe(isPair(kind))
    if (made.publicKey !== undefined) {
      expect(Uint8Array.from(outside(made.publicKey).export({ format: 'der', type: 'spki' }))).toEqual(made.publicKey)
      expect(made.checkValue).toEqual(Uint8Array.from(createHash('sha256').update(made.publicKey).digest().subarray(0, 16)))
    }
    expect(await member.session.findKey(ckaId)).toEqual(made)
    expect(await member.session.findKeys(LABEL)).toEqual([made])
    expect(await member.session.destroyKey({ ckaId, label: 'another' })).toBe(false)
    expect(await member.session.destroyKey({ ckaId, label: LABEL })).toBe(true)
    expect(await member.session.findKey(ckaId)).toBeUndefined()
    expect(await member.session.findKeys(LABEL)).toEqual([])
  })

  it.each(materialKinds)('%s does nothing but what it is for', async (kind) => {
    await withKey(kind, async (ckaId) => {
      const signs = kind.endsWith('-sign')
      const wrong = [
        ...(signs ? [] : [member.session.sign({ ckaId, scheme: 'ecdsa', data: randomBytes(32) })]),
        ...(kind.endsWith('-derive') ? [] : [member.session.derive({ ckaId, point: randomBytes(65) })]),
        ...(kind.endsWith('-decrypt') || kind.endsWith('-unwrap') ? [] : [member.session.rsaDecrypt({ ckaId, scheme: 'oaep-sha-256', ciphertext: new Uint8Array(256) }).then((found) => { if (found === undefined) throw new Error('nothing') })]),
      ]
      for (const call of wrong) await expect(call).rejects.toThrow()
    })
  })
})

describe('signatures', () => {
  it.each([
    ['p256-sign', 'sha256'], ['p384-sign', 'sha384'], ['p521-sign', 'sha512'], ['secp256k1-sign', 'sha256'],
  ] as const)('%s holds over a %s digest', async (kind, hash) => {
    await withKey(kind, async (ckaId, info) => {
      const message = randomBytes(100)
      const signature = await member.session.sign({ ckaId, scheme: 'ecdsa', data: createHash(hash).update(message).digest() })
      expect(verify(hash, message, { key: outside(info), dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
    })
  })

  it.each([0, 1, 100, 4096])('ed25519-sign holds over %i bytes', async (length) => {
    await withKey('ed25519-sign', async (ckaId, info) => {
      const message = randomBytes(length)
      const signature = await member.session.sign({ ckaId, scheme: 'eddsa', data: message })
      expect(verify(null, message, outside(info), signature)).toBe(true)
    })
  })

  it.each([[2048], [3072], [4096]] as const)('rsa-%i-sign holds with PSS', async (bits) => {
    await withKey(`rsa-${bits}-sign`, async (ckaId, info) => {
      for (const hash of [256, 384, 512] as const) {
        const message = randomBytes(100)
        const signature = await member.session.sign({ ckaId, scheme: `rsa-pss-sha-${hash}`, data: createHash(`sha${hash}`).update(message).digest() })
        const how = { key: outside(info), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: hash / 8 }
        expect(verify(`sha${hash}`, message, how, signature)).toBe(true)
      }
    })
  })
})

describe('RSA decryption', () => {
  const schemes: readonly [OaepScheme, string, number][] = [['oaep-sha-1', 'sha1', 42], ['oaep-sha-256', 'sha256', 66]]

  it.each(schemes)('%s opens every length up to the longest, and nothing that was altered', async (scheme, oaepHash, overhead) => {
    await withKey('rsa-2048-decrypt', async (ckaId, info) => {
      const seal = (plaintext: Uint8Array) => publicEncrypt({ key: outside(info), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, plaintext)
      for (const length of [0, 1, 32, 256 - overhead - 1, 256 - overhead]) {
        const plaintext = randomBytes(length)
        expect(await member.session.rsaDecrypt({ ckaId, scheme, ciphertext: seal(plaintext) })).toEqual(Uint8Array.from(plaintext))
      }
      const good = seal(randomBytes(32))
      for (const at of [1, 100, 255]) {
        const bad = Uint8Array.from(good)
        bad[at] = (bad[at] ?? 0) ^ 1
        expect(await member.session.rsaDecrypt({ ckaId, scheme, ciphertext: bad })).toBeUndefined()
      }
      expect(await member.session.rsaDecrypt({ ckaId, scheme, ciphertext: good.subarray(1) })).toBeUndefined()
      expect(await member.session.rsaDecrypt({ ckaId, scheme, ciphertext: new Uint8Array(256).fill(0xff) })).toBeUndefined()
      expect(await member.session.rsaDecrypt({ ckaId, scheme: scheme === 'oaep-sha-1' ? 'oaep-sha-256' : 'oaep-sha-1', ciphertext: good })).toBeUndefined()
      expect(await member.session.rsaDecrypt({ ckaId, scheme, ciphertext: good })).toHaveLength(32)
    })
  })
})

describe('key agreement', () => {
  it.each([['p256-derive', 'P-256'], ['p384-derive', 'P-384'], ['p521-derive', 'P-521']] as const)('%s gives what the other side computes', async (kind, namedCurve) => {
    await withKey(kind, async (ckaId, info) => {
      const peer = generateKeyPairSync('ec', { namedCurve })
      const { x = '', y = '' } = peer.publicKey.export({ format: 'jwk' })
      const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
      const secret = await member.session.derive({ ckaId, point })
      expect(secret).toEqual(Uint8Array.from(diffieHellman({ privateKey: peer.privateKey, publicKey: outside(info) })))
    })
  })
})
