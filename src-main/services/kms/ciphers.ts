import { requireAlgorithm, requireUsage } from '#core/keys/specs.ts'
import { oaepLimit } from '#core/keys/signing.ts'
import { requireState, type KeyOperation } from '#core/keys/states.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Scope, Tables } from '#core/ports/store.ts'
import { parseBlob, type BlobV1 } from '#core/sealing/blob-v1.ts'
import { serialiseContext } from '#core/sealing/context.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { EncryptionAlgorithm, EncryptionContext } from '#core/vocabulary/kms.ts'
import type { Secret } from '#core/vocabulary/secret.ts'
import type { PrivateKeys } from '../private-keys.ts'
import type { Sealing } from '../sealing.ts'
import { findKey, keyState, keyTarget } from './keys.ts'
import { usableTarget, type MaterialTarget } from './targets.ts'
import { publicKeyOf } from './verifying.ts'

/** A call that encrypts. */
export interface EncryptingTarget extends MaterialTarget {
  readonly algorithm: EncryptionAlgorithm
}

/** A call that opens a ciphertext: a blob of ours, or a bare RSA block. */
export interface OpeningTarget extends EncryptingTarget {
  readonly ciphertext: { readonly blob: BlobV1 } | { readonly block: Uint8Array }
}

/** Encrypts and decrypts under whatever key, symmetric or RSA. */
export interface Ciphers {
  encrypt(target: EncryptingTarget, context: EncryptionContext | undefined, plaintext: Uint8Array): Promise<Uint8Array>
  /** Throws InvalidCiphertextException. The caller wipes the result. */
  decrypt(target: OpeningTarget, context: EncryptionContext | undefined): Promise<Secret>
}

export function createCiphers({ crypto, sealing, privateKeys }: { crypto: Crypto; sealing: Sealing; privateKeys: PrivateKeys }): Ciphers {
  return {
    encrypt(target, context = {}, plaintext) {
      const { material, algorithm } = target
      if (algorithm === 'SYMMETRIC_DEFAULT') return sealing.seal({ material, purpose: 'customer', context: serialiseContext(context), plaintext })
      requireRoom(target, plaintext)
      return Promise.resolve(crypto.publicKeys.rsaEncrypt(algorithm === 'RSAES_OAEP_SHA_1' ? 'sha1' : 'sha256', publicKeyOf(material), plaintext))
    },

    async decrypt(target, context = {}) {
      const { material, algorithm, ciphertext } = target
      const opened = algorithm === 'SYMMETRIC_DEFAULT'
        ? 'blob' in ciphertext && (await sealing.open({ material, purpose: 'customer', context: serialiseContext(context), blob: ciphertext.blob }))
        : 'block' in ciphertext && (await privateKeys.decrypt(target, algorithm, ciphertext.block))
      if (!opened) throw new VaultError('InvalidCiphertextException')
      return opened
    },
  }
}

/** Throws ValidationException for a plaintext that the key's algorithm has no room for. */
export function requireRoom({ key, algorithm }: EncryptingTarget, plaintext: Uint8Array): void {
  if (algorithm === 'SYMMETRIC_DEFAULT') return
  const limit = oaepLimit(Number(key.spec.slice('RSA_'.length)), algorithm)
  if (plaintext.length <= limit) return
  throw new VaultError('ValidationException', { text: `Algorithm ${algorithm} and key spec ${key.spec} cannot encrypt data larger than ${limit} bytes.` })
}

/** What names a key for encryption or decryption, whichever of AWS's members it came in. */
export interface CipherRequest {
  readonly KeyId?: string | undefined
  readonly algorithm?: string | undefined
  readonly context?: EncryptionContext | undefined
}

export function encryptingTarget(tables: Tables, scope: Scope, operation: KeyOperation, request: CipherRequest & { KeyId: string }): EncryptingTarget {
  const algorithm = (request.algorithm ?? 'SYMMETRIC_DEFAULT') as EncryptionAlgorithm
  const target = usableTarget(tables, scope, operation, { KeyId: request.KeyId, usage: 'ENCRYPT_DECRYPT', algorithm })
  refuseContext(algorithm, request.context)
  return { ...target, algorithm }
}

/** A blob names its own key, and KeyId is only compared, as in AWS KMS; an RSA block is bare, and needs KeyId. */
export function openingTarget(tables: Tables, scope: Scope, operation: KeyOperation, request: CipherRequest & { ciphertext: Uint8Array | undefined }): OpeningTarget {
  const algorithm = (request.algorithm ?? 'SYMMETRIC_DEFAULT') as EncryptionAlgorithm
  // A dry run without a ciphertext: what it would take is decided by the key alone, and it goes no further.
  if (request.ciphertext === undefined) {
    const target = encryptingTarget(tables, scope, operation, { ...request, KeyId: request.KeyId ?? unreachable('neither ciphertext nor key') })
    return { ...target, ciphertext: { block: new Uint8Array() } }
  }
  if (algorithm !== 'SYMMETRIC_DEFAULT') {
    if (request.KeyId === undefined) throw new VaultError('ValidationException', { text: 'You must specify a KeyId to decrypt with an asymmetric KMS key.' })
    return { ...encryptingTarget(tables, scope, operation, { ...request, KeyId: request.KeyId }), ciphertext: { block: request.ciphertext } }
  }
  const named = request.KeyId === undefined ? undefined : findKey(tables, scope, request.KeyId, 'any')
  if (named !== undefined) {
    requireUsage(operation, named.key, named.arn, 'ENCRYPT_DECRYPT')
    requireAlgorithm(named.key, algorithm)
  }
  const blob = parseCiphertext(request.ciphertext)
  const material = tables.materials.get(blob.materialId)
  // Related multi-Region keys share material, and each opens in its own Region.
  const key = material && tables.keys.get({ id: material.keyId, region: scope.region })
  if (material === undefined || key === undefined) {
    throw new VaultError('AccessDeniedException', {
      text: 'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    })
  }
  if (named !== undefined && named.key.id !== key.id) throw new VaultError('IncorrectKeyException')
  // A sealed private key is a blob too: it is under a key for another use, and nobody's to open.
  if (key.spec !== 'SYMMETRIC_DEFAULT') throw new VaultError('InvalidCiphertextException')
  const target = keyTarget(key)
  requireState(operation, keyState(key), target.arn)
  return { ...target, material, algorithm, ciphertext: { blob } }
}

/** The key for data keys: a symmetric one. */
export function dataKeyTarget(tables: Tables, scope: Scope, operation: KeyOperation, KeyId: string): MaterialTarget {
  return usableTarget(tables, scope, operation, { KeyId, usage: 'ENCRYPT_DECRYPT', algorithm: 'SYMMETRIC_DEFAULT' })
}

/** RSA has nothing to bind a context to: it is refused, never ignored. */
function refuseContext(algorithm: EncryptionAlgorithm, context: EncryptionContext | undefined): void {
  if (algorithm === 'SYMMETRIC_DEFAULT' || context === undefined || Object.keys(context).length === 0) return
  throw new VaultError('ValidationException', { text: `Encryption context is not supported with algorithm ${algorithm}.` })
}

/** Not ours, cut or altered: AWS tells a caller no difference. */
function parseCiphertext(bytes: Uint8Array): BlobV1 {
  try {
    return parseBlob(bytes)
  } catch (error) {
    if (error instanceof VaultError && error.code === 'MALFORMED') throw new VaultError('InvalidCiphertextException')
    throw error
  }
}
