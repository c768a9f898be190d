import type { WrappingKind } from '../ports/hsm.ts'
import type { MaterialRow } from '../ports/store.ts'
import { VaultError } from '../vocabulary/failures.ts'
import type { ExpirationModel, ImportType, WrappingAlgorithm, WrappingKeySpec } from '../vocabulary/kms.ts'
import { holdingOf, type SpecifiedKey } from './specs.ts'

// The rules of imported key material. Source: AWS KMS API reference, GetParametersForImport and ImportKeyMaterial; AWS KMS developer
// guide, "Importing key material".

const DAY = 24 * 60 * 60 * 1000
/** Furthest that material may expire, in milliseconds from its import. */
const LONGEST_LIFE = 365 * DAY

/** The kind of the pair that the token makes for a WrappingKeySpec. */
export const wrappingKinds = { RSA_2048: 'rsa-2048-unwrap', RSA_3072: 'rsa-3072-unwrap', RSA_4096: 'rsa-4096-unwrap' } as const satisfies Record<WrappingKeySpec, WrappingKind>

/** Throws UnsupportedOperationException for a key whose material cannot come from outside: AWS names symmetric, HMAC, RSA and ECC keys. */
export function requireImportable(key: SpecifiedKey): void {
  if (holdingOf(key).how !== 'sealed') return
  throw new VaultError('UnsupportedOperationException', { text: `Key material cannot be imported into keys of KeySpec ${key.spec}.` })
}

/** Throws ValidationException, UnsupportedOperationException for an algorithm that cannot carry the material of such a key. */
export function requireCarrier(key: SpecifiedKey, algorithm: WrappingAlgorithm, spec: WrappingKeySpec): void {
  if (algorithm.startsWith('RSA_AES_KEY_WRAP')) return
  const tooLong = key.spec.startsWith('RSA_') || (key.spec === 'ECC_NIST_P521' && spec === 'RSA_2048')
  if (tooLong) throw new VaultError('ValidationException', { text: `WrappingAlgorithm ${algorithm} with WrappingKeySpec ${spec} cannot wrap key material of KeySpec ${key.spec}.` })
}

/** When material expires by the members of ImportKeyMaterial; undefined: never. Throws ValidationException. */
export function expiryOf(input: { ExpirationModel?: ExpirationModel | undefined; ValidTo?: Date | undefined }, now: number): number | undefined {
  const { ExpirationModel: model = 'KEY_MATERIAL_EXPIRES', ValidTo } = input
  if (model === 'KEY_MATERIAL_DOES_NOT_EXPIRE') {
    if (ValidTo !== undefined) throw invalid('A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE')
    return undefined
  }
  if (ValidTo === undefined) throw invalid('A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES')
  const at = ValidTo.getTime()
  if (at <= now) throw invalid('The validTo date must be in the future.')
  if (at > now + LONGEST_LIFE) throw invalid('The validTo date must be no more than 365 days from now.')
  return at
}

/** Only symmetric keys have more than one material, and so names for them. Throws ValidationException. */
export function requireImportMembers(key: SpecifiedKey, input: { ImportType?: ImportType | undefined; KeyMaterialId?: string | undefined; KeyMaterialDescription?: string | undefined }): void {
  const symmetric = key.spec === 'SYMMETRIC_DEFAULT'
  for (const member of ['ImportType', 'KeyMaterialId', 'KeyMaterialDescription'] as const) {
    if (!symmetric && input[member] !== undefined) throw invalid(`${member} is only valid for symmetric encryption keys.`)
  }
  if (input.ImportType === 'NEW_KEY_MATERIAL' && input.KeyMaterialId !== undefined) throw invalid('You cannot specify a KeyMaterialId when the ImportType is NEW_KEY_MATERIAL.')
}

/** What becomes of material that has arrived, if no other one waits for its rotation. */
export type ImportPlan =
  /** It was never here. */
  | { readonly how: 'new'; readonly pendingRotation: boolean }
  /** It was here, and comes back. */
  | { readonly how: 'return'; readonly material: MaterialRow }
  /** It is here: only its expiration changes. */
  | { readonly how: 'extend'; readonly material: MaterialRow }

/**
 * A key takes only material that it had before, but for its first, and for a new one of a symmetric key, which waits for a rotation.
 * `isSame` compares a material with what has arrived. Throws IncorrectKeyMaterialException.
 */
export function planImport(
  materials: readonly MaterialRow[], isSame: (material: MaterialRow) => boolean, input: { ImportType?: ImportType | undefined; KeyMaterialId?: string | undefined },
): ImportPlan | { readonly how: 'refuse'; readonly pending: MaterialRow } {
  const same = materials.find(isSame)
  const type = input.ImportType ?? (materials.length === 0 ? 'NEW_KEY_MATERIAL' : 'EXISTING_KEY_MATERIAL')
  if (type === 'NEW_KEY_MATERIAL') {
    if (same !== undefined) throw new VaultError('IncorrectKeyMaterialException')
    const pending = materials.find(({ imported }) => imported?.pendingRotation === true)
    return pending === undefined ? { how: 'new', pendingRotation: materials.length > 0 } : { how: 'refuse', pending }
  }
  if (same === undefined || (input.KeyMaterialId !== undefined && input.KeyMaterialId !== same.id)) throw new VaultError('IncorrectKeyMaterialException')
  return { how: same.imported?.present === true ? 'extend' : 'return', material: same }
}

/** AWS's sentences, as the real service gives them; the last is ours. */
export const IMPORT_TEXTS = {
  otherPending: (id: string, keyId: string, pending: string) =>
    `New key material (id: ${id}) cannot be imported into KMS key ${keyId}, because another key material (id: ${pending}) is pending rotation.`,
  nonePending: (arn: string) => `No available key material pending rotation for the key: ${arn}.`,
  changed: (arn: string) => `The key material of ${arn} was changed by another call meanwhile.`,
} as const

function invalid(text: string): VaultError {
  return new VaultError('ValidationException', { text })
}
