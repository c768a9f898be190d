import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import { serialiseContext } from '#core/sealing/context.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { DataKeyPairSpec } from '#core/vocabulary/kms.ts'
import type { Secret } from '#core/vocabulary/secret.ts'
import type { Operation } from '../operation.ts'
import type { Sealing } from '../sealing.ts'
import { recordedUse, settleUse, usableTarget, type MaterialTarget } from './targets.ts'
import { stopAtDryRun } from './unsupported.ts'

export interface DataKeyPairRequest {
  KeyId: string
  KeyPairSpec: string
  EncryptionContext?: Record<string, string> | undefined
  GrantTokens?: string[] | undefined
  DryRun?: boolean | undefined
}

export interface DataKeyPairResponse {
  PrivateKeyCiphertextBlob: Uint8Array
  PublicKey: Uint8Array
  KeyId: string
  KeyPairSpec: string
  KeyMaterialId: string
}

/** Pairs for use outside: the private key sealed under a symmetric key, as Encrypt seals. */
export function makeDataKeyPairs({ ambient, crypto, sealing }: { ambient: Ambient; crypto: Crypto; sealing: Sealing }) {
  function dataKeyPair<Answer extends DataKeyPairResponse>(
    name: 'GenerateDataKeyPair' | 'GenerateDataKeyPairWithoutPlaintext',
    answer: (made: DataKeyPairResponse, privateKey: Secret) => Answer,
  ): Operation<DataKeyPairRequest, MaterialTarget, Answer> {
    return {
      name,
      action: `kms:${name}`,
      readOnly: true,
      request: (input) => ({ keyId: input.KeyId, keyPairSpec: input.KeyPairSpec, ...recordedUse(input) }),
      check(input) {
        requireConstraints(name, input)
        serialiseContext(input.EncryptionContext ?? {})
        if (input.KeyPairSpec === 'SM2') throw new VaultError('UnsupportedOperationException', { text: 'KeyPairSpec SM2 is not supported.' })
      },
      target: (tables, scope, input) => usableTarget(tables, scope, name, { KeyId: input.KeyId, usage: 'ENCRYPT_DECRYPT', algorithm: 'SYMMETRIC_DEFAULT' }),
      async perform(call, target, input) {
        stopAtDryRun(input.DryRun)
        const { material } = target
        const { privateKey, publicKey } = await crypto.publicKeys.generatePair(input.KeyPairSpec as DataKeyPairSpec)
        const context = serialiseContext(input.EncryptionContext ?? {})
        try {
          const blob = await sealing.seal({ material, purpose: 'customer', context, plaintext: privateKey.bytes })
          const made = { PrivateKeyCiphertextBlob: blob, PublicKey: publicKey, KeyId: target.arn, KeyPairSpec: input.KeyPairSpec, KeyMaterialId: material.id }
          return {
            settle(tables) {
              settleUse(ambient, tables, call, name, target)
              return answer(made, privateKey)
            },
            response: () => ({ keyPairSpec: input.KeyPairSpec, keyMaterialId: material.id }),
            abandon: () => { privateKey.wipe() },
          }
        } catch (error) {
          privateKey.wipe()
          throw error
        }
      },
    }
  }

  const generateDataKeyPair = dataKeyPair('GenerateDataKeyPair', (made, privateKey) => ({ ...made, PrivateKeyPlaintext: privateKey.bytes }))

  const generateDataKeyPairWithoutPlaintext = dataKeyPair('GenerateDataKeyPairWithoutPlaintext', (made, privateKey) => {
    privateKey.wipe()
    return made
  })

  return { generateDataKeyPair, generateDataKeyPairWithoutPlaintext }
}
