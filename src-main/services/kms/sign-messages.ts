import { publicKeyOf, verifies } from './verifying.ts'
import { signable } from '#core/keys/signing.ts'
import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { MessageType, SigningAlgorithm } from '#core/vocabulary/kms.ts'
import type { Operation } from '../operation.ts'
import type { PrivateKeys } from '../private-keys.ts'
import { recordedUse, settleUse, usableTarget, type MaterialTarget } from './targets.ts'
import { stopAtDryRun } from './unsupported.ts'

export interface SignRequest {
  KeyId: string
  Message: Uint8Array
  MessageType?: string | undefined
  SigningAlgorithm: string
  GrantTokens?: string[] | undefined
  DryRun?: boolean | undefined
}

export interface VerifyRequest extends SignRequest {
  Signature: Uint8Array
}

/** Signatures: made with the private key where it is, verified here with the public one. */
export function signMessages({ ambient, crypto, privateKeys }: { ambient: Ambient; crypto: Crypto; privateKeys: PrivateKeys }) {
  const sign: Operation<SignRequest, MaterialTarget, { KeyId: string; Signature: Uint8Array; SigningAlgorithm: string }> = {
    name: 'Sign',
    action: 'kms:Sign',
    readOnly: true,
    request: recorded,
    check(input) {
      requireConstraints('Sign', input)
    },
    target: (tables, scope, input) => usableTarget(tables, scope, 'Sign', { KeyId: input.KeyId, usage: 'SIGN_VERIFY', algorithm: input.SigningAlgorithm }),
    async perform(call, target, input) {
      const message = prepared(crypto, input)
      stopAtDryRun(input.DryRun)
      const signature = await privateKeys.sign(target, message)
      return {
        settle(tables) {
          settleUse(ambient, tables, call, 'Sign', target)
          return { KeyId: target.arn, Signature: signature, SigningAlgorithm: input.SigningAlgorithm }
        },
      }
    },
  }

  const verify: Operation<VerifyRequest, MaterialTarget, { KeyId: string; SignatureValid: boolean; SigningAlgorithm: string }> = {
    name: 'Verify',
    action: 'kms:Verify',
    readOnly: true,
    request: recorded,
    check(input) {
      requireConstraints('Verify', input)
    },
    target: (tables, scope, input) => usableTarget(tables, scope, 'Verify', { KeyId: input.KeyId, usage: 'SIGN_VERIFY', algorithm: input.SigningAlgorithm }),
    perform(call, target, input) {
      const message = prepared(crypto, input)
      stopAtDryRun(input.DryRun)
      if (!verifies(crypto, target.key.spec, publicKeyOf(target.material), message, input.Signature)) throw new VaultError('KMSInvalidSignatureException')
      return {
        settle(tables) {
          settleUse(ambient, tables, call, 'Verify', target)
          return { KeyId: target.arn, SignatureValid: true, SigningAlgorithm: input.SigningAlgorithm }
        },
      }
    },
  }

  return { sign, verify }
}

function prepared(crypto: Crypto, input: SignRequest): ReturnType<typeof signable> {
  // Both are names of the tables by now: the constraints and the key's list of algorithms have seen them.
  return signable(crypto, input.SigningAlgorithm as SigningAlgorithm, (input.MessageType ?? 'RAW') as MessageType, input.Message)
}

function recorded(input: SignRequest): Json {
  return { keyId: input.KeyId, messageType: input.MessageType ?? 'RAW', signingAlgorithm: input.SigningAlgorithm, ...recordedUse(input) }
}
