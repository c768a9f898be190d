import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import type { Operation } from '../operation.ts'
import type { PrivateKeys } from '../private-keys.ts'
import { recordedUse, settleUse, usableTarget, type MaterialTarget } from './targets.ts'
import { stopAtDryRun } from './unsupported.ts'

export interface GenerateMacRequest {
  KeyId: string
  Message: Uint8Array
  MacAlgorithm: string
  GrantTokens?: string[] | undefined
  DryRun?: boolean | undefined
}

export interface VerifyMacRequest extends GenerateMacRequest {
  Mac: Uint8Array
}

/** Message authentication codes, made by HMAC keys in the token. */
export function makeMacs({ ambient, crypto, privateKeys }: { ambient: Ambient; crypto: Crypto; privateKeys: PrivateKeys }) {
  const generateMac: Operation<GenerateMacRequest, MaterialTarget, { Mac: Uint8Array; MacAlgorithm: string; KeyId: string }> = {
    name: 'GenerateMac',
    action: 'kms:GenerateMac',
    readOnly: true,
    request: recorded,
    check(input) {
      requireConstraints('GenerateMac', input)
    },
    target: (tables, scope, input) => usableTarget(tables, scope, 'GenerateMac', { KeyId: input.KeyId, usage: 'GENERATE_VERIFY_MAC', algorithm: input.MacAlgorithm }),
    async perform(call, target, input) {
      stopAtDryRun(input.DryRun)
      const mac = await privateKeys.mac(target, input.Message)
      return {
        settle(tables) {
          settleUse(ambient, tables, call, 'GenerateMac', target)
          return { Mac: mac, MacAlgorithm: input.MacAlgorithm, KeyId: target.arn }
        },
        abandon: () => { mac.fill(0) },
      }
    },
  }

  const verifyMac: Operation<VerifyMacRequest, MaterialTarget, { KeyId: string; MacValid: boolean; MacAlgorithm: string }> = {
    name: 'VerifyMac',
    action: 'kms:VerifyMac',
    readOnly: true,
    request: recorded,
    check(input) {
      requireConstraints('VerifyMac', input)
    },
    target: (tables, scope, input) => usableTarget(tables, scope, 'VerifyMac', { KeyId: input.KeyId, usage: 'GENERATE_VERIFY_MAC', algorithm: input.MacAlgorithm }),
    async perform(call, target, input) {
      stopAtDryRun(input.DryRun)
      using right = Secret.own(await privateKeys.mac(target, input.Message))
      if (!crypto.equal(right.bytes, input.Mac)) throw new VaultError('KMSInvalidMacException')
      return {
        settle(tables) {
          settleUse(ambient, tables, call, 'VerifyMac', target)
          return { KeyId: target.arn, MacValid: true, MacAlgorithm: input.MacAlgorithm }
        },
      }
    },
  }

  return { generateMac, verifyMac }
}

function recorded(input: GenerateMacRequest): Json {
  return { keyId: input.KeyId, macAlgorithm: input.MacAlgorithm, ...recordedUse(input) }
}
