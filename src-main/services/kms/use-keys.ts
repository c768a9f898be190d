import { requireState, type KeyOperation } from '#core/keys/states.ts'
import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { MaterialRow, Scope, Tables } from '#core/ports/store.ts'
import { parseBlob, type BlobV1 } from '#core/sealing/blob-v1.ts'
import { serialiseContext } from '#core/sealing/context.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { dataKeySpecs, type DataKeySpec, type EncryptionContext } from '#core/vocabulary/kms.ts'
import type { Secret } from '#core/vocabulary/secret.ts'
import type { Call, Operation, Targeted } from '../operation.ts'
import type { Sealing } from '../sealing.ts'
import { currentKey, currentMaterial, findKey, keyState, keyTarget, type KeyTarget } from './keys.ts'
import { refuseGrantTokens, stopAtDryRun } from './unsupported.ts'

/** A call that uses one material of one key. */
export interface MaterialTarget extends KeyTarget {
  readonly material: MaterialRow
}

/** A call that opens a blob. */
export interface OpeningTarget extends MaterialTarget {
  readonly blob: BlobV1
}

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
  CiphertextBlob: Uint8Array
  KeyId?: string | undefined
}

export interface DataKeyRequest extends Omit<CommonRequest, 'EncryptionAlgorithm'> {
  KeyId: string
  KeySpec?: string | undefined
  NumberOfBytes?: number | undefined
}

export interface ReEncryptRequest {
  CiphertextBlob: Uint8Array
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
  readonly destination: MaterialTarget
}

export interface ReEncryptResponse {
  CiphertextBlob: Uint8Array
  SourceKeyId: string
  KeyId: string
  SourceEncryptionAlgorithm: string
  DestinationEncryptionAlgorithm: string
  SourceKeyMaterialId: string
  DestinationKeyMaterialId: string
}

/** The cryptographic operations of symmetric keys. Each counts as a use of its key. */
export function useKeys({ ambient, sealing }: { ambient: Ambient; sealing: Sealing }) {
  /** Inside the settling transaction: the key must still allow it, and the use is noted. */
  function settleUse(tables: Tables, call: Call, operation: KeyOperation, target: KeyTarget): void {
    requireState(operation, keyState(currentKey(tables, target)), target.arn)
    tables.keys.setLastUsed(target.key.id, { operation, at: ambient.now(), eventId: call.eventId, requestId: call.requestId })
  }

  const encrypt: Operation<EncryptRequest, MaterialTarget, { CiphertextBlob: Uint8Array; KeyId: string; EncryptionAlgorithm: string }> = {
    name: 'Encrypt',
    action: 'kms:Encrypt',
    readOnly: true,
    request: (input) => ({ keyId: input.KeyId, ...recordedCommon(input), encryptionAlgorithm: 'SYMMETRIC_DEFAULT' }),
    check(input) {
      requireConstraints('Encrypt', input)
      checkCommon(input)
    },
    target: (tables, scope, input) => sealingTarget(tables, scope, 'Encrypt', input.KeyId),
    async perform(call, target, input) {
      stopAtDryRun(input.DryRun)
      const context = serialiseContext(input.EncryptionContext ?? {})
      const blob = await sealing.seal({ material: target.material, purpose: 'customer', context, plaintext: input.Plaintext })
      return {
        settle(tables) {
          settleUse(tables, call, 'Encrypt', target)
          return { CiphertextBlob: blob, KeyId: target.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
        },
      }
    },
  }

  const decrypt: Operation<
    DecryptRequest,
    OpeningTarget,
    { KeyId: string; Plaintext: Uint8Array; EncryptionAlgorithm: string; KeyMaterialId: string }
  > = {
    name: 'Decrypt',
    action: 'kms:Decrypt',
    readOnly: true,
    request: (input) => ({ ...(input.KeyId === undefined ? {} : { keyId: input.KeyId }), ...recordedCommon(input), encryptionAlgorithm: 'SYMMETRIC_DEFAULT' }),
    check(input) {
      requireConstraints('Decrypt', input)
      checkCommon(input)
    },
    target: (tables, scope, input) => openingTarget(tables, scope, input),
    async perform(call, target, input) {
      const context = serialiseContext(input.EncryptionContext ?? {})
      stopAtDryRun(input.DryRun)
      const opened = await sealing.open({ material: target.material, purpose: 'customer', context, blob: target.blob })
      if (opened === undefined) throw new VaultError('InvalidCiphertextException')
      return {
        settle(tables) {
          settleUse(tables, call, 'Decrypt', target)
          // The bytes now belong to the transport, which wipes them after sending.
          return { KeyId: target.arn, Plaintext: opened.bytes, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT', KeyMaterialId: target.material.id }
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
        ...recordedCommon(input),
        ...(input.KeySpec === undefined ? {} : { keySpec: input.KeySpec }),
        ...(input.NumberOfBytes === undefined ? {} : { numberOfBytes: input.NumberOfBytes }),
      }),
      check(input) {
        requireConstraints(name, input)
        checkCommon(input)
        dataKeyLength(input)
      },
      target: (tables, scope, input) => sealingTarget(tables, scope, name, input.KeyId),
      async perform(call, target, input) {
        stopAtDryRun(input.DryRun)
        const context = serialiseContext(input.EncryptionContext ?? {})
        const made = await sealing.sealRandom({ material: target.material, purpose: 'customer', context, length: dataKeyLength(input) })
        return {
          settle(tables) {
            settleUse(tables, call, name, target)
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
      sourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      destinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    }),
    check(input) {
      requireConstraints('ReEncrypt', input)
      checkCommon({ EncryptionContext: input.SourceEncryptionContext, EncryptionAlgorithm: input.SourceEncryptionAlgorithm, GrantTokens: input.GrantTokens })
      checkCommon({ EncryptionContext: input.DestinationEncryptionContext, EncryptionAlgorithm: input.DestinationEncryptionAlgorithm })
    },
    target(tables, scope, input) {
      const source = openingTarget(tables, scope, { CiphertextBlob: input.CiphertextBlob, KeyId: input.SourceKeyId }, 'ReEncrypt')
      const destination = sealingTarget(tables, scope, 'ReEncrypt', input.DestinationKeyId)
      return { source, destination, resources: [...source.resources, ...destination.resources] }
    },
    async perform(call, { source, destination }, input) {
      stopAtDryRun(input.DryRun)
      const opened = await sealing.open({ material: source.material, purpose: 'customer', context: serialiseContext(input.SourceEncryptionContext ?? {}), blob: source.blob })
      if (opened === undefined) throw new VaultError('InvalidCiphertextException')
      using plaintext = opened
      const context = serialiseContext(input.DestinationEncryptionContext ?? {})
      const blob = await sealing.seal({ material: destination.material, purpose: 'customer', context, plaintext: plaintext.bytes })
      return {
        settle(tables) {
          settleUse(tables, call, 'ReEncrypt', source)
          settleUse(tables, call, 'ReEncrypt', destination)
          return {
            CiphertextBlob: blob,
            SourceKeyId: source.arn,
            KeyId: destination.arn,
            SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
            DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
            SourceKeyMaterialId: source.material.id,
            DestinationKeyMaterialId: destination.material.id,
          }
        },
        response: () => ({ sourceKeyMaterialId: source.material.id, destinationKeyMaterialId: destination.material.id }),
      }
    },
  }

  return { encrypt, decrypt, reEncrypt, generateDataKey, generateDataKeyWithoutPlaintext }
}

function sealingTarget(tables: Tables, scope: Scope, operation: KeyOperation, keyId: string): MaterialTarget {
  const target = findKey(tables, scope, keyId, 'any')
  requireState(operation, keyState(target.key), target.arn)
  return { ...target, material: currentMaterial(tables, target.key) }
}

/** The key that a blob names; KeyId is only compared, as in AWS KMS. */
function openingTarget(tables: Tables, scope: Scope, input: DecryptRequest, operation: KeyOperation = 'Decrypt'): OpeningTarget {
  const named = input.KeyId === undefined ? undefined : findKey(tables, scope, input.KeyId, 'any')
  const blob = parseCiphertext(input.CiphertextBlob)
  const material = tables.materials.get(blob.materialId)
  const key = material && tables.keys.get(material.keyId)
  if (material === undefined || key === undefined) {
    throw new VaultError('AccessDeniedException', {
      text: 'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    })
  }
  if (named !== undefined && named.key.id !== key.id) throw new VaultError('IncorrectKeyException')
  const target = keyTarget(key)
  requireState(operation, keyState(key), target.arn)
  return { ...target, material, blob }
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

function checkCommon(input: CommonRequest): void {
  refuseGrantTokens(input.GrantTokens)
  serialiseContext(input.EncryptionContext ?? {})
  if (input.EncryptionAlgorithm !== undefined && input.EncryptionAlgorithm !== 'SYMMETRIC_DEFAULT') {
    throw new VaultError('InvalidKeyUsageException', { text: `Algorithm ${input.EncryptionAlgorithm} is incompatible with key spec SYMMETRIC_DEFAULT.` })
  }
}

function recordedCommon(input: { EncryptionContext?: EncryptionContext | undefined; DryRun?: boolean | undefined }): Record<string, Json> {
  return {
    ...(input.EncryptionContext === undefined ? {} : { encryptionContext: input.EncryptionContext }),
    ...(input.DryRun === undefined ? {} : { dryRun: input.DryRun }),
  }
}

/** The data key's length in bytes: by KeySpec or by NumberOfBytes, exactly one of them. */
function dataKeyLength(input: DataKeyRequest): number {
  if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
    throw new VaultError('ValidationException', { text: 'Please specify either number of bytes or key spec.' })
  }
  return input.NumberOfBytes ?? dataKeySpecs[input.KeySpec as DataKeySpec]
}
