import { constants, createDecipheriv, generateKeyPairSync, privateDecrypt, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Secret } from '#core/vocabulary/secret.ts'
import { wrapMaterial } from '#shells/cli/material.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const info = publicKey.export({ format: 'der', type: 'spki' })

describe('wrapping key material', () => {
  it('gives what OpenSSL unwraps, at every length', () => {
    for (let length = 1; length <= 40; length++) {
      using value = Secret.own(Uint8Array.from(randomBytes(length)))
      const wrapped = Buffer.from(wrapMaterial('RSA_AES_KEY_WRAP_SHA_256', info, value))
      const aes = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, wrapped.subarray(0, 256))
      const open = createDecipheriv('id-aes256-wrap-pad', aes, Buffer.from('a65959a6', 'hex'))
      expect(Buffer.concat([open.update(wrapped.subarray(256)), open.final()])).toEqual(Buffer.from(value.bytes))
    }
  })

  it('refuses what is too long for RSA alone', () => {
    using right = Secret.own(new Uint8Array(190))
    expect(wrapMaterial('RSAES_OAEP_SHA_256', info, right)).toHaveLength(256)
    using long = Secret.own(new Uint8Array(191))
    expect(() => wrapMaterial('RSAES_OAEP_SHA_256', info, long)).toThrow('too long')
  })
})
