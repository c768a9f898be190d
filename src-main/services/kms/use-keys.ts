import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import { serialiseContext } from '#core/sealing/context.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { dataKeySpecs, type DataKeySpec } from '#core/vocabulary/kms.ts'
import type { Secret } from '#core/vocabulary/secret.ts'
import type { Operation, Targeted } from '../operation.ts'
import type { Sealing } from '../sealing.ts'
import { dataKeyTarget, encryptingTarget, openingTarget, requireRoom, type Ciphers, type EncryptingTarget, type OpeningTarget } from './ciphers.ts'
import { recordedUse, settleUse, type MaterialTarget } from './targets.ts'
import { stopAtDryRun } from './unsupported.ts'

interface CommonRequest {
  EncryptionContext?: Record<string, string> | undefined
  EncryptionAlgorithm?: string | undefined
  GrantTokens?: string[] | undefined
  DryRun?: boolean | undefined
}

export interface EncryptRequest extends CommonRequest {
  KeyId: string
  Plaintext: Uint8Array
}

export interface DecryptRequest extends CommonRequest {
  /** May be absent from a dry run with IGNORE_CIPHERTEXT only. */
  CiphertextBlob?: Uint8Array | undefined
  KeyId?: string | undefined
  DryRunModifiers?: string[] | undefined
}

export interface DataKeyRequest extends Omit<CommonRequest, 'EncryptionAlgorithm'> {
  KeyId: string
  KeySpec?: string | undefined
  NumberOfBytes?: number | undefined
}

export interface ReEncryptRequest {
  /** May be absent from a dry run with IGNORE_CIPHERTEXT only. */
  CiphertextBlob?: Uint8Array | undefined
  DryRunModifiers?: string[] | undefined
  SourceKeyId?: string | undefined
  SourceEncryptionContext?: Record<string, string> | undefined
  SourceEncryptionAlgorithm?: string | undefined
  DestinationKeyId: string
  DestinationEncryptionContext?: Record<string, string> | undefined
  DestinationEncryptionAlgorithm?: string | undefined
  GrantTokens?: string[] | undefined
  DryRun?: boolean | undefined
}

export interface ReEncryptTarget extends Targeted {
  readonly source: OpeningTarget
  readonly destination: EncryptingTarget
}

export interface ReEncryptResponse {
  CiphertextBlob: Uint8Array
  SourceKeyId: string
  KeyId: string
  SourceEncryptionAlgorithm: string
  DestinationEncryptionAlgorithm: string
  SourceKeyMaterialId?: string
  DestinationKeyMaterialId?: string
}

/** Encryption, decryption and data keys. Each counts as a use of its key. */
export function useKeys({ ambient, sealing, ciphers }: { ambient: Ambient; sealing: Sealing; ciphers: Ciphers }) {
  const encrypt: Operation<EncryptRequest, EncryptingTarget, { CiphertextBlob: Uint8Array; KeyId: string; EncryptionAlgorithm: string }> = {
    name: 'Encrypt',
    action: 'kms:Encrypt',
    readOnly: true,
    request: (input) => ({ keyId: input.KeyId, ...recordedUse(input), encryptionAlgorithm: input.EncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT' }),
    check(input) {
      requireConstraints('Encrypt', input)
      checkCommon(input)
    },
    target: (tables, scope, input) =>
      encryptingTarget(tables, scope, 'Encrypt', { KeyId: input.KeyId, algorithm: input.EncryptionAlgorithm, context: input.EncryptionContext }),
    async perform(call, target, input) {
      requireRoom(target, input.Plaintext)
      stopAtDryRun(input.DryRun)
      const blob = await ciphers.encrypt(target, input.EncryptionContext, input.Plaintext)
      return {
        settle(tables) {
          settleUse(ambient, tables, call, 'Encrypt', target)
          return { CiphertextBlob: blob, KeyId: target.arn, EncryptionAlgorithm: target.algorithm }
        },
      }
    },
  }

  const decrypt: Operation<
    DecryptRequest,
    OpeningTarget,
    { KeyId: string; Plaintext: Uint8Array; EncryptionAlgorithm: string; KeyMaterialId?: string }
  > = {
    name: 'Decrypt',
    action: 'kms:Decrypt',
    readOnly: true,
    request: (input) => ({
      ...(input.KeyId === undefined ? {} : { keyId: input.KeyId }),
      ...recordedUse(input),
      encryptionAlgorithm: input.EncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT',
    }),
    check(input) {
      requireConstraints('Decrypt', input)
      checkCommon(input)
    },
    target: (tables, scope, input) =>
      openingTarget(tables, scope, 'Decrypt', {
        KeyId: input.KeyId, algorithm: input.EncryptionAlgorithm, context: input.EncryptionContext, ciphertext: ciphertextOf(input, 'KeyId'),
      }),
    async perform(call, target, input) {
      stopAtDryRun(input.DryRun)
      const opened = await ciphers.decrypt(target, input.EncryptionContext)
      return {
        settle(tables) {
          settleUse(ambient, tables, call, 'Decrypt', target)
          // The bytes now belong to the transport, which wipes them after sending.
          return { KeyId: target.arn, Plaintext: opened.bytes, EncryptionAlgorithm: target.algorithm, ...materialId(target) }
        },
        response: () => ({ keyMaterialId: target.material.id }),
        abandon: () => { opened.wipe() },
      }
    },
  }

  function dataKey<Answer>(
    name: 'GenerateDataKey' | 'GenerateDataKeyWithoutPlaintext',
    answer: (made: { blob: Uint8Array; plaintext: Secret }, target: MaterialTarget) => Answer,
  ): Operation<DataKeyRequest, MaterialTarget, Answer> {
    return {
      name,
      action: `kms:${name}`,
      readOnly: true,
      request: (input) => ({
        keyId: input.KeyId,
        ...recordedUse(input),
        ...(input.KeySpec === undefined ? {} : { keySpec: input.KeySpec }),
        ...(input.NumberOfBytes === undefined ? {} : { numberOfBytes: input.NumberOfBytes }),
      }),
      check(input) {
        requireConstraints(name, input)
        checkCommon(input)
        dataKeyLength(input)
      },
      target: (tables, scope, input) => dataKeyTarget(tables, scope, name, input.KeyId),
      async perform(call, target, input) {
        stopAtDryRun(input.DryRun)
        const context = serialiseContext(input.EncryptionContext ?? {})
        const made = await sealing.sealRandom({ material: target.material, purpose: 'customer', context, length: dataKeyLength(input) })
        return {
          settle(tables) {
            settleUse(ambient, tables, call, name, target)
            return answer(made, target)
          },
          response: () => ({ keyMaterialId: target.material.id }),
          abandon: () => { made.plaintext.wipe() },
        }
      },
    }
  }

  const generateDataKey = dataKey('GenerateDataKey', ({ blob, plaintext }, target) => ({
    CiphertextBlob: blob,
    Plaintext: plaintext.bytes,
    KeyId: target.arn,
    KeyMaterialId: target.material.id,
  }))

  const generateDataKeyWithoutPlaintext = dataKey('GenerateDataKeyWithoutPlaintext', ({ blob, plaintext }, target) => {
    plaintext.wipe()
    return { CiphertextBlob: blob, KeyId: target.arn, KeyMaterialId: target.material.id }
  })

  const reEncrypt: Operation<ReEncryptRequest, ReEncryptTarget, ReEncryptResponse> = {
    name: 'ReEncrypt',
    action: 'kms:ReEncrypt',
    readOnly: true,
    request: (input) => ({
      ...(input.SourceKeyId === undefined ? {} : { sourceKeyId: input.SourceKeyId }),
      destinationKeyId: input.DestinationKeyId,
      ...(input.SourceEncryptionContext === undefined ? {} : { sourceEncryptionContext: input.SourceEncryptionContext }),
      ...(input.DestinationEncryptionContext === undefined ? {} : { destinationEncryptionContext: input.DestinationEncryptionContext }),
      sourceEncryptionAlgorithm: input.SourceEncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT',
      destinationEncryptionAlgorithm: input.DestinationEncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT',
    }),
    check(input) {
      requireConstraints('ReEncrypt', input)
      checkCommon({ EncryptionContext: input.SourceEncryptionContext })
      checkCommon({ EncryptionContext: input.DestinationEncryptionContext })
    },
    target(tables, scope, input) {
      const source = openingTarget(tables, scope, 'ReEncrypt', {
        KeyId: input.SourceKeyId, algorithm: input.SourceEncryptionAlgorithm, context: input.SourceEncryptionContext, ciphertext: ciphertextOf(input, 'SourceKeyId'),
      })
      const destination = encryptingTarget(tables, scope, 'ReEncrypt', {
        KeyId: input.DestinationKeyId, algorithm: input.DestinationEncryptionAlgorithm, context: input.DestinationEncryptionContext,
      })
      const sameKey = { SameKey: source.arn === destination.arn }
      const from = { KeyId: input.SourceKeyId, EncryptionContext: input.SourceEncryptionContext, EncryptionAlgorithm: source.algorithm, ...sameKey }
      const to = { KeyId: input.DestinationKeyId, EncryptionContext: input.DestinationEncryptionContext, EncryptionAlgorithm: destination.algorithm, ...sameKey }
      // Each key is asked for its own half (AWS KMS: kms:ReEncryptFrom, kms:ReEncryptTo).
      const resources = [
        ...source.resources.map((resource) => ({ ...resource, action: 'kms:ReEncryptFrom', members: from })),
        ...destination.resources.map((resource) => ({ ...resource, action: 'kms:ReEncryptTo', members: to })),
      ]
      return { source, destination, resources }
    },
    async perform(call, { source, destination }, input) {
      stopAtDryRun(input.DryRun)
      using plaintext = await ciphers.decrypt(source, input.SourceEncryptionContext)
      const blob = await ciphers.encrypt(destination, input.DestinationEncryptionContext, plaintext.bytes)
      return {
        settle(tables) {
          settleUse(ambient, tables, call, 'ReEncrypt', source)
          settleUse(ambient, tables, call, 'ReEncrypt', destination)
          return {
            CiphertextBlob: blob,
            SourceKeyId: source.arn,
            KeyId: destination.arn,
            SourceEncryptionAlgorithm: source.algorithm,
            DestinationEncryptionAlgorithm: destination.algorithm,
            ...(isSymmetric(source) ? { SourceKeyMaterialId: source.material.id } : {}),
            ...(isSymmetric(destination) ? { DestinationKeyMaterialId: destination.material.id } : {}),
          }
        },
        response: () => ({ sourceKeyMaterialId: source.material.id, destinationKeyMaterialId: destination.material.id }),
      }
    },
  }

  return { encrypt, decrypt, reEncrypt, generateDataKey, generateDataKeyWithoutPlaintext }
}

/** AWS KMS names the material of symmetric keys only. */
function isSymmetric({ algorithm }: EncryptingTarget): boolean {
  return algorithm === 'SYMMETRIC_DEFAULT'
}

function materialId(target: EncryptingTarget): { KeyMaterialId?: string } {
  return isSymmetric(target) ? { KeyMaterialId: target.material.id } : {}
}

function checkCommon(input: Pick<CommonRequest, 'EncryptionContext'>): void {
  serialiseContext(input.EncryptionContext ?? {})
}

/**
 * The ciphertext to open; undefined where a dry run leaves it out (DryRunModifiers), and asks for the key that it names alone.
 * Throws ValidationException.
 */
function ciphertextOf(
  input: { CiphertextBlob?: Uint8Array | undefined; DryRun?: boolean | undefined; DryRunModifiers?: string[] | undefined; KeyId?: string | undefined; SourceKeyId?: string | undefined },
  named: 'KeyId' | 'SourceKeyId',
): Uint8Array | undefined {
  if (input.DryRunModifiers?.includes('IGNORE_CIPHERTEXT') !== true) {
    if (input.CiphertextBlob !== undefined) return input.CiphertextBlob
    throw new VaultError('ValidationException', { text: "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null" })
  }
  if (input.DryRun !== true) throw new VaultError('ValidationException', { text: 'DryRunModifiers can be specified with the DryRun option only.' })
  if (input[named] === undefined) throw new VaultError('ValidationException', { text: `${named} is required when IGNORE_CIPHERTEXT is specified.` })
  return undefined
}

/** The data key's length in bytes: by KeySpec or by NumberOfBytes, exactly one of them. */
function dataKeyLength(input: DataKeyRequest): number {
  if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
    throw new VaultError('ValidationException', { text: 'Please specify either number of bytes or key spec.' })
  }
  return input.NumberOfBytes ?? dataKeySpecs[input.KeySpec as DataKeySpec]
}
