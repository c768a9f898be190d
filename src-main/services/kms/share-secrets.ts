import { holdingOf } from '#core/keys/specs.ts'
import { encapsulatedLengths } from '#core/keys/signing.ts'
import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { MlKem, NistCurve } from '#core/ports/public-key-crypto.ts'
import type { KeyRow } from '#core/ports/store.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import type { Operation } from '../operation.ts'
import type { PrivateKeys } from '../private-keys.ts'
import { recordedUse, settleUse, usableTarget, type MaterialTarget } from './targets.ts'
import { stopAtDryRun } from './unsupported.ts'
import { publicKeyOf, publicKeyTypes } from './verifying.ts'

interface CommonRequest {
  KeyId: string
  GrantTokens?: string[] | undefined
  DryRun?: boolean | undefined
}

export interface DeriveSharedSecretRequest extends CommonRequest {
  KeyAgreementAlgorithm: string
  PublicKey: Uint8Array
}

export interface EncapsulateRequest extends CommonRequest {
  EncapsulationAlgorithm: string
}

export interface DecapsulateRequest extends EncapsulateRequest {
  SharedSecretCiphertextBlob: Uint8Array
}

/** Secrets shared with another party: by ECDH and by ML-KEM. The answer's bytes belong to the transport, which wipes them after sending. */
export function shareSecrets({ ambient, crypto, privateKeys }: { ambient: Ambient; crypto: Crypto; privateKeys: PrivateKeys }) {
  const deriveSharedSecret: Operation<
    DeriveSharedSecretRequest,
    MaterialTarget,
    { KeyId: string; SharedSecret: Uint8Array; KeyAgreementAlgorithm: string; KeyOrigin: string }
  > = {
    name: 'DeriveSharedSecret',
    action: 'kms:DeriveSharedSecret',
    readOnly: true,
    request: (input) => ({ keyId: input.KeyId, keyAgreementAlgorithm: input.KeyAgreementAlgorithm, ...recordedUse(input) }),
    check(input) {
      requireConstraints('DeriveSharedSecret', input)
    },
    target: (tables, scope, input) =>
      usableTarget(tables, scope, 'DeriveSharedSecret', { KeyId: input.KeyId, usage: 'KEY_AGREEMENT', algorithm: input.KeyAgreementAlgorithm }),
    async perform(call, target, input) {
      const curve = publicKeyTypes[target.key.spec as keyof typeof publicKeyTypes] as NistCurve
      // A point that is not on the curve would tell about the private key: no token is asked with one.
      const point = crypto.publicKeys.point(curve, input.PublicKey)
      if (point === undefined) throw new VaultError('ValidationException', { text: `The public key is not a valid DER-encoded public key for key spec ${target.key.spec}.` })
      stopAtDryRun(input.DryRun)
      const secret = await privateKeys.agree(target, point)
      return {
        settle(tables) {
          settleUse(ambient, tables, call, 'DeriveSharedSecret', target)
          return { KeyId: target.arn, SharedSecret: secret.bytes, KeyAgreementAlgorithm: input.KeyAgreementAlgorithm, KeyOrigin: target.key.origin }
        },
        abandon: () => { secret.wipe() },
      }
    },
  }

  const encapsulate: Operation<
    EncapsulateRequest,
    MaterialTarget,
    { KeyId: string; SharedSecret: Uint8Array; SharedSecretCiphertextBlob: Uint8Array; EncapsulationAlgorithm: string }
  > = {
    name: 'Encapsulate',
    action: 'kms:Encapsulate',
    readOnly: true,
    request: recorded,
    check(input) {
      requireConstraints('Encapsulate', input)
    },
    target: (tables, scope, input) => usableTarget(tables, scope, 'Encapsulate', encapsulating(input)),
    perform(call, target, input) {
      stopAtDryRun(input.DryRun)
      const made = crypto.publicKeys.mlKemEncapsulate(kemOf(target.key), publicKeyOf(target.material))
      const secret = Secret.own(made.secret)
      return {
        settle(tables) {
          settleUse(ambient, tables, call, 'Encapsulate', target)
          const answer = { KeyId: target.arn, SharedSecret: secret.bytes, SharedSecretCiphertextBlob: made.ciphertext }
          return { ...answer, EncapsulationAlgorithm: input.EncapsulationAlgorithm }
        },
        abandon: () => { secret.wipe() },
      }
    },
  }

  const decapsulate: Operation<DecapsulateRequest, MaterialTarget, { KeyId: string; SharedSecret: Uint8Array; EncapsulationAlgorithm: string }> = {
    name: 'Decapsulate',
    action: 'kms:Decapsulate',
    readOnly: true,
    request: recorded,
    check(input) {
      requireConstraints('Decapsulate', input)
    },
    target: (tables, scope, input) => usableTarget(tables, scope, 'Decapsulate', encapsulating(input)),
    async perform(call, target, input) {
      if (input.SharedSecretCiphertextBlob.length !== encapsulatedLengths[kemOf(target.key)]) throw new VaultError('InvalidCiphertextException')
      stopAtDryRun(input.DryRun)
      const secret = await privateKeys.decapsulate(target, input.SharedSecretCiphertextBlob)
      return {
        settle(tables) {
          settleUse(ambient, tables, call, 'Decapsulate', target)
          return { KeyId: target.arn, SharedSecret: secret.bytes, EncapsulationAlgorithm: input.EncapsulationAlgorithm }
        },
        abandon: () => { secret.wipe() },
      }
    },
  }

  return { deriveSharedSecret, encapsulate, decapsulate }
}

function encapsulating(input: EncapsulateRequest): Parameters<typeof usableTarget>[3] {
  return { KeyId: input.KeyId, usage: 'ENCAPSULATE_DECAPSULATE', algorithm: input.EncapsulationAlgorithm }
}

function kemOf(key: KeyRow): MlKem {
  const holding = holdingOf(key)
  return holding.how === 'sealed' ? (holding.algorithm as MlKem) : unreachable('a key that encapsulates in the token')
}

function recorded(input: EncapsulateRequest): Json {
  return { keyId: input.KeyId, encapsulationAlgorithm: input.EncapsulationAlgorithm, ...recordedUse(input) }
}
