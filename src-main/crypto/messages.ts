import { constants, createPrivateKey, createPublicKey, createSign, createVerify, ECDH, generateKeyPairSync, hash, hkdfSync, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import type { MessageCrypto, RsaRecipient } from '#core/ports/message-crypto.ts'
import { plain } from './plain.ts'

const CURVES = { p256: { name: 'prime256v1', jwk: 'P-256', hash: 'sha256', bytes: 32 }, p384: { name: 'secp384r1', jwk: 'P-384', hash: 'sha384', bytes: 48 } } as const

/** What messages of the AWS Encryption SDK need beside AES-GCM, over node:crypto. */
export function createMessageCrypto(): MessageCrypto {
  return {
    hkdf: (name, input, salt, info, length) => new Uint8Array(hkdfSync(name, input, salt, info, length)),

    createSigner() {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: CURVES.p384.name })
      const signing = createSign(CURVES.p384.hash)
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
      const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
      return {
        publicPoint: plain(ECDH.convertKey(point, CURVES.p384.name, undefined, undefined, 'compressed') as Buffer),
        update: (part) => { signing.update(part) },
        sign: () => plain(signing.sign(privateKey)),
      }
    },

    createVerifier(kind, point) {
      const key = publicKeyOf(kind, point)
      if (key === undefined) return undefined
      const verifying = createVerify(CURVES[kind].hash)
      return {
        update: (part) => { verifying.update(part) },
        verify(signature) {
          try {
            return verifying.verify(key, signature)
          } catch {
            // Bytes that are no signature at all.
            return false
          }
        },
      }
    },

    readRecipient,

    rsaUnwrap(pem, ciphertext) {
      const key = privateKeyOf(pem)
      if (key === undefined) return []
      const opened: Uint8Array[] = []
      for (const oaepHash of ['sha256', 'sha1', 'sha384', 'sha512', undefined]) {
        try {
          const padding = oaepHash === undefined ? { padding: constants.RSA_PKCS1_PADDING } : { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }
          opened.push(plain(privateDecrypt({ key, ...padding }, ciphertext)))
        } catch {
          // Another padding, or another key.
        }
      }
      return opened
    },
  }
}

function readRecipient(pem: Uint8Array): RsaRecipient | undefined {
  const key = publicOf(pem)
  if (key?.asymmetricKeyType !== 'rsa') return undefined
  return {
    fingerprint: plain(hash('sha256', key.export({ format: 'der', type: 'spki' }), 'buffer')),
    wrap: (dataKey) => plain(publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, dataKey)),
  }
}

function publicOf(pem: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey(Buffer.from(pem))
  } catch {
    return undefined
  }
}

function privateKeyOf(pem: Uint8Array): KeyObject | undefined {
  const copy = Buffer.from(pem)
  try {
    const key = createPrivateKey(copy)
    return key.asymmetricKeyType === 'rsa' ? key : undefined
  } catch {
    return undefined
  } finally {
    copy.fill(0)
  }
}

function publicKeyOf(kind: keyof typeof CURVES, point: Uint8Array): KeyObject | undefined {
  const { name, jwk, bytes } = CURVES[kind]
  if (point.length !== bytes + 1) return undefined
  try {
    const whole = ECDH.convertKey(point, name, undefined, undefined, 'uncompressed') as Buffer
    const [x, y] = [whole.subarray(1, bytes + 1), whole.subarray(bytes + 1)].map((part) => part.toString('base64url')) as [string, string]
    return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: jwk, x, y } })
  } catch {
    // No point of the curve.
    return undefined
  }
}
