import { expiryOf, IMPORT_TEXTS, planImport, requireCarrier, requireImportMembers, wrappingKinds, type ImportPlan } from '#core/keys/import.ts'
import { encodeImportToken, IMPORT_WINDOW, readImportToken } from '#core/keys/import-token.ts'
import { holdingOf } from '#core/keys/specs.ts'
import { requireOrigin, requireState, type KeyOperation } from '#core/keys/states.ts'
import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { MemberSession } from '#core/ports/hsm.ts'
import type { ImportedMaterial, MaterialRow, MemberRow, Scope, Store, Tables, WrappingPairRow } from '#core/ports/store.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { KeyId, MaterialId, MemberId } from '#core/vocabulary/ids.ts'
import type { ExpirationModel, ImportType, WrappingAlgorithm, WrappingKeySpec } from '#core/vocabulary/kms.ts'
import { kindOf, type Journal } from '../journal.ts'
import type { Operation } from '../operation.ts'
import { currentKey, findKey, keyState, type KeyTarget } from './keys.ts'

export interface ParametersRequest {
  KeyId: string
  WrappingAlgorithm: string
  WrappingKeySpec: string
}

export interface ImportParameters {
  KeyId: string
  ImportToken: Uint8Array
  PublicKey: Uint8Array
  ParametersValidTo: Date
}

export interface ImportRequest {
  KeyId: string
  ImportToken: Uint8Array
  EncryptedKeyMaterial: Uint8Array
  ValidTo?: Date | undefined
  ExpirationModel?: string | undefined
  ImportType?: string | undefined
  KeyMaterialDescription?: string | undefined
  KeyMaterialId?: string | undefined
}

/** A key of origin EXTERNAL and the member that its material is, or will be, on. */
export interface ExternalTarget extends KeyTarget {
  readonly member: MemberRow
}

export interface ImportTarget extends ExternalTarget {
  readonly pair: WrappingPairRow
}

/** What every material of one key has in common. */
type Common = Pick<MaterialRow, 'kind' | 'rung'>

/** Key material from outside (BYOK): it arrives wrapped under a pair that the token made for this one import. */
export function importMaterial(parts: { ambient: Ambient; crypto: Crypto; store: Store; journal: Journal; session: (member: MemberId) => MemberSession }) {
  const { ambient, crypto, store, journal } = parts

  const getParametersForImport: Operation<ParametersRequest, ExternalTarget, ImportParameters> = {
    name: 'GetParametersForImport',
    action: 'kms:GetParametersForImport',
    readOnly: true,
    request: (input) => ({ keyId: input.KeyId, wrappingAlgorithm: input.WrappingAlgorithm, wrappingKeySpec: input.WrappingKeySpec }),
    check: (input) => { requireConstraints('GetParametersForImport', input) },
    target(tables, scope, input) {
      const target = externalTarget(tables, scope, 'GetParametersForImport', input.KeyId)
      requireCarrier(target.key, input.WrappingAlgorithm as WrappingAlgorithm, input.WrappingKeySpec as WrappingKeySpec)
      return target
    },
    async perform(_call, target, input) {
      const kind = wrappingKinds[input.WrappingKeySpec as WrappingKeySpec]
      // Nobody's key: the pair, and what may become of it in a crash, must not block the key that it is for.
      const made = await journal.createMaterial(ambient.uuid() as KeyId, target.member, 'CREATE', { how: 'token', kind, needs: 'rsa-2048' })
      return {
        settle(tables) {
          requireState('GetParametersForImport', keyState(currentKey(tables, target)), target.arn)
          const { id, memberId, ckaId, publicKey } = made.material
          const endsAt = ambient.now() + IMPORT_WINDOW
          tables.wrappingPairs.insert({ id, keyId: target.key.id, memberId, ckaId, algorithm: input.WrappingAlgorithm as WrappingAlgorithm, endsAt })
          made.clear(tables)
          const secret = tokenSecret(tables)
          const token = encodeImportToken(crypto, secret, { pair: id, keyArn: target.arn, endsAt })
          secret.fill(0)
          return { KeyId: target.arn, ImportToken: token, PublicKey: publicKey ?? unreachable('a pair without a public key'), ParametersValidTo: new Date(endsAt) }
        },
        response: (output) => ({ keyId: output.KeyId, parametersValidTo: output.ParametersValidTo.toISOString() }),
        abandon: () => made.abandon(),
      }
    },
  }

  function tokenSecret(tables: Tables): Uint8Array {
    const known = tables.wrappingPairs.secret()
    if (known !== undefined) return known
    const made = ambient.random(32)
    tables.wrappingPairs.putSecret(made)
    return made
  }

  /** The pair that a token names. Throws InvalidImportTokenException, ExpiredImportTokenException. */
  function pairOf(tables: Tables, { arn }: KeyTarget, token: Uint8Array): WrappingPairRow {
    const secret = tables.wrappingPairs.secret()
    try {
      const id = readImportToken(crypto, secret, token, { keyArn: arn, now: ambient.now() })
      const pair = tables.wrappingPairs.get(id)
      if (pair === undefined) throw new VaultError('InvalidImportTokenException')
      return pair
    } finally {
      secret?.fill(0)
    }
  }

  function planOf(tables: Tables, target: KeyTarget, checkValue: Uint8Array, input: ImportRequest): ImportPlan {
    const materials = tables.materials.ofKey(target.key.id)
    const plan = planImport(materials, (each) => each.checkValue !== undefined && crypto.equal(each.checkValue, checkValue), {
      ImportType: input.ImportType as ImportType | undefined,
      KeyMaterialId: input.KeyMaterialId,
    })
    if (plan.how === 'refuse') throw new VaultError('KMSInvalidStateException', { text: IMPORT_TEXTS.otherPending(toHex(ambient.random(32)), target.key.id, plan.pending.id) })
    return plan
  }

  const importKeyMaterial: Operation<ImportRequest, ImportTarget, { KeyId: string; KeyMaterialId: string }> = {
    name: 'ImportKeyMaterial',
    action: 'kms:ImportKeyMaterial',
    readOnly: false,
    request: (input) => ({
      keyId: input.KeyId,
      expirationModel: input.ExpirationModel ?? 'KEY_MATERIAL_EXPIRES',
      ...(input.ValidTo === undefined ? {} : { validTo: input.ValidTo.toISOString() }),
      ...(input.ImportType === undefined ? {} : { importType: input.ImportType }),
      ...(input.KeyMaterialId === undefined ? {} : { keyMaterialId: input.KeyMaterialId }),
      ...(input.KeyMaterialDescription === undefined ? {} : { keyMaterialDescription: input.KeyMaterialDescription }),
    }),
    check: (input) => { requireConstraints('ImportKeyMaterial', input) },
    target(tables, scope, input) {
      const target = externalTarget(tables, scope, 'ImportKeyMaterial', input.KeyId)
      requireImportMembers(target.key, { ...input, ImportType: input.ImportType as ImportType | undefined })
      expiry(input)
      return { ...target, pair: pairOf(tables, target, input.ImportToken) }
    },
    async perform(_call, target, input) {
      const { pair, key } = target
      const wrapped = input.EncryptedKeyMaterial
      const common = store.read((tables) => commonOf(tables, target))
      // A first look, which keeps nothing: whether it opens, what it is, and whether it was here before.
      const seen = await parts.session(pair.memberId).importKey({ kind: common.kind, wrapping: pair, wrapped, expected: undefined, name: undefined })
      const plan = store.read((tables) => planOf(tables, target, seen.checkValue, input))
      const row = plan.how === 'new' ? newRow(target, common, seen) : plan.material
      const made = plan.how === 'extend' ? undefined : await journal.importMaterial(key, row, pair, wrapped)
      await usedUp(pair, made)
      return {
        settle(tables) {
          requireState('ImportKeyMaterial', keyState(currentKey(tables, target)), target.arn)
          const now = planOf(tables, target, seen.checkValue, input)
          if (now.how !== plan.how || ('material' in now && now.material.id !== row.id)) throw new VaultError('ConflictException', { text: IMPORT_TEXTS.changed(target.arn) })
          const imported = importedFacts(row.imported, input, now)
          if (plan.how === 'new') tables.materials.insert({ ...row, imported })
          else tables.materials.setImported(row.id, imported)
          made?.clear(tables)
          if (plan.how === 'new' && !plan.pendingRotation) tables.keys.setCurrentMaterial(key.id, row.id)
          enableIfWhole(tables, target)
          return { KeyId: target.arn, KeyMaterialId: row.id }
        },
        response: (output) => ({ keyId: output.KeyId, keyMaterialId: output.KeyMaterialId }),
        abandon: () => made?.abandon(),
      }
    },
  }

  /** A pair serves one import: it goes before the answer. */
  async function usedUp(pair: WrappingPairRow, made: { abandon(): Promise<void> } | undefined): Promise<void> {
    try {
      if (!(await journal.destroyWrappingPair(pair))) throw new VaultError('InvalidImportTokenException')
    } catch (error) {
      await made?.abandon()
      throw error
    }
  }

  function expiry(input: ImportRequest): number | undefined {
    return expiryOf({ ExpirationModel: input.ExpirationModel as ExpirationModel | undefined, ValidTo: input.ValidTo }, ambient.now())
  }

  function importedFacts(before: ImportedMaterial | undefined, input: ImportRequest, plan: ImportPlan): ImportedMaterial {
    return {
      present: true,
      pendingRotation: plan.how === 'new' ? plan.pendingRotation : (before?.pendingRotation ?? false),
      rotatedAt: before?.rotatedAt,
      expiresAt: expiry(input),
      description: input.KeyMaterialDescription ?? before?.description,
    }
  }

  function newRow({ key, pair }: ImportTarget, common: Common, seen: { checkValue: Uint8Array; publicKey: Uint8Array | undefined }): MaterialRow {
    const first = key.currentMaterial === undefined
    return {
      id: toHex(ambient.random(32)) as MaterialId,
      keyId: key.id,
      memberId: pair.memberId,
      ckaId: ambient.random(16),
      ...common,
      ...seen,
      sealedKey: undefined,
      createdAt: ambient.now(),
      reserved: 0,
      cause: first ? 'CREATE' : 'ON_DEMAND',
      imported: undefined,
    }
  }

  const deleteImportedKeyMaterial: Operation<{ KeyId: string; KeyMaterialId?: string | undefined }, KeyTarget, { KeyId: string; KeyMaterialId?: string }> = {
    name: 'DeleteImportedKeyMaterial',
    action: 'kms:DeleteImportedKeyMaterial',
    readOnly: false,
    request: (input) => ({ keyId: input.KeyId, ...(input.KeyMaterialId === undefined ? {} : { keyMaterialId: input.KeyMaterialId }) }),
    check: (input) => { requireConstraints('DeleteImportedKeyMaterial', input) },
    target(tables, scope, input) {
      const target = findKey(tables, scope, input.KeyId, 'key')
      requireOrigin(target.key, 'EXTERNAL', target.arn)
      requireState('DeleteImportedKeyMaterial', keyState(target.key), target.arn)
      journal.requireSettled(tables, target.key.id, target.arn)
      doomed(tables, target, input.KeyMaterialId)
      return target
    },
    async perform(_call, target, input) {
      const material = store.read((tables) => doomed(tables, target, input.KeyMaterialId))
      if (material !== undefined) await journal.removeMaterial(target.key, material)
      const answer = { KeyId: target.arn, ...(material === undefined ? {} : { KeyMaterialId: material.id }) }
      return { settle: () => answer, response: () => ({ keyId: target.arn, ...(material === undefined ? {} : { keyMaterialId: material.id }) }) }
    },
  }

  /** The key's current material where none is named; undefined if nothing was ever imported. */
  function doomed(tables: Tables, { key, arn }: KeyTarget, named: string | undefined): MaterialRow | undefined {
    if (named === undefined) return key.currentMaterial && tables.materials.get(key.currentMaterial)
    const found = tables.materials.ofKey(key.id).find((each) => each.id === named)
    if (found === undefined) throw new VaultError('NotFoundException', { text: `Key material ${named} of ${arn} does not exist` })
    return found
  }

  return { getParametersForImport, importKeyMaterial, deleteImportedKeyMaterial }

  function externalTarget(tables: Tables, scope: Scope, operation: KeyOperation, KeyId: string): ExternalTarget {
    const target = findKey(tables, scope, KeyId, 'key')
    requireOrigin(target.key, 'EXTERNAL', target.arn)
    requireState(operation, keyState(target.key), target.arn)
    journal.requireSettled(tables, target.key.id, target.arn)
    const [material] = tables.materials.ofKey(target.key.id)
    const member = material === undefined ? tables.members.list()[0] : tables.members.get(material.memberId)
    return { ...target, member: member ?? unreachable('a vault without an HSM') }
  }
}

/** All material of one key is of one kind: that of its first, or what a new one gets. */
function commonOf(tables: Tables, { key, member }: ExternalTarget): Common {
  const [first] = tables.materials.ofKey(key.id)
  return first === undefined ? kindOf(holdingOf(key), member) : { kind: first.kind, rung: first.rung }
}

/** A key works again once all that it ever encrypted with is there. */
function enableIfWhole(tables: Tables, target: KeyTarget): void {
  if (currentKey(tables, target).state !== 'PendingImport') return
  const missing = tables.materials.ofKey(target.key.id).some(({ imported }) => imported?.present === false && !imported.pendingRotation)
  if (!missing) tables.keys.setState(target.key, 'Enabled')
}
