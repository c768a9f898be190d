import { algorithmLists, type AlgorithmLists } from '#core/keys/specs.ts'
import { requireState } from '#core/keys/states.ts'
import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Operation } from '../operation.ts'
import { currentMaterial, findKey, keyState } from './keys.ts'
import { settleUse, type MaterialTarget } from './targets.ts'
import { publicKeyOf, publicKeyTypes } from './verifying.ts'

export interface GetPublicKeyRequest {
  KeyId: string
  GrantTokens?: string[] | undefined
}

export interface GetPublicKeyResponse extends AlgorithmLists {
  KeyId: string
  PublicKey: Uint8Array
  CustomerMasterKeySpec: string
  KeySpec: string
  KeyUsage: string
}

/** The public keys of pairs, for use outside. */
export function showPublicKeys({ ambient }: { ambient: Ambient }) {
  const getPublicKey: Operation<GetPublicKeyRequest, MaterialTarget, GetPublicKeyResponse> = {
    name: 'GetPublicKey',
    action: 'kms:GetPublicKey',
    readOnly: true,
    request: (input) => ({ keyId: input.KeyId }),
    check(input) {
      requireConstraints('GetPublicKey', input)
    },
    target(tables, scope, input) {
      const target = findKey(tables, scope, input.KeyId, 'any')
      if (!(target.key.spec in publicKeyTypes)) {
        throw new VaultError('UnsupportedOperationException', { text: `${target.arn} key spec is ${target.key.spec} which is not valid for this operation.` })
      }
      requireState('GetPublicKey', keyState(target.key), target.arn)
      return { ...target, material: currentMaterial(tables, target.key) }
    },
    perform: (call, target) => ({
      settle(tables) {
        settleUse(ambient, tables, call, 'GetPublicKey', target)
        const { spec, usage } = target.key
        const PublicKey = Uint8Array.from(publicKeyOf(target.material))
        return { KeyId: target.arn, PublicKey, CustomerMasterKeySpec: spec, KeySpec: spec, KeyUsage: usage, ...algorithmLists(target.key) }
      },
    }),
  }

  return { getPublicKey }
}
