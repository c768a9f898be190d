import { keyArn } from '#core/keys/arn.ts'
import { contextMap, type ContextPairs } from '#core/messages/context.ts'
import type { EncryptedDataKey, MessageHeader } from '#core/messages/header.ts'
import { KMS_PROVIDER } from '#core/messages/suite.ts'
import type { Store, Tables } from '#core/ports/store.ts'
import { parseBlob } from '#core/sealing/blob-v1.ts'
import { compareBytes, utf8 } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { KeyId } from '#core/vocabulary/ids.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import type { Gate } from '../gate.ts'
import type { useKeys } from '../kms/use-keys.ts'
import type { Connection } from '../sessions.ts'

/** The data keys of files: each is a call of AWS KMS's own operations behind the gate, decided and recorded like anybody's. */
export interface DataKeys {
  /** `GenerateDataKey`. The caller wipes the key. */
  generate(connection: Connection, keyId: string, context: ContextPairs): Promise<{ readonly dataKey: Secret; readonly encrypted: EncryptedDataKey; readonly keyArn: string }>
  /**
   * `Decrypt` of the first of a message's data keys that is under a key of this vault and opens. The caller wipes the key.
   * Throws KEY_NOT_HERE, NOT_AUTHENTIC, and what Decrypt throws: DisabledException, AccessDeniedException, HSM_UNAVAILABLE and so on.
   */
  open(connection: Connection, header: MessageHeader, file: string): Promise<{ readonly dataKey: Secret; readonly keyArn: string }>
}

export function createDataKeys(parts: { gate: Gate; store: Store; operations: Pick<ReturnType<typeof useKeys>, 'generateDataKey' | 'decrypt'> }): DataKeys {
  const { gate, store, operations } = parts
  return {
    async generate(connection, keyId, context) {
      const made = await gate.call(connection, operations.generateDataKey, { KeyId: keyId, KeySpec: 'AES_256', ...encryptionContext(context) })
      const encrypted = { provider: KMS_PROVIDER, info: utf8(made.KeyId), ciphertext: made.CiphertextBlob }
      return { dataKey: Secret.own(made.Plaintext), encrypted, keyArn: made.KeyId }
    },

    async open(connection, header, file) {
      const ours = store.read((tables) => header.dataKeys.flatMap((each) => ourKey(tables, each) ?? []))
      if (ours.length === 0) throw new VaultError('KEY_NOT_HERE', { file })
      let failure: unknown = new VaultError('NOT_AUTHENTIC', { what: file })
      for (const { arn, ciphertext, fits } of ours) {
        if (!fits) continue
        try {
          const opened = await gate.call(connection, operations.decrypt, { KeyId: arn, CiphertextBlob: ciphertext, ...encryptionContext(header.context) })
          return { dataKey: Secret.own(opened.Plaintext), keyArn: opened.KeyId }
        } catch (error) {
          // Altered, or with another context: the next may do. Any other failure is worth more than that to a person.
          if (!(error instanceof VaultError)) throw error
          if (error.code !== 'InvalidCiphertextException') failure = error
        }
      }
      throw failure
    },
  }
}

/** An encrypted data key under a key of this vault; undefined if it is another's. `fits`: its ciphertext is of this key too. */
function ourKey(tables: Tables, { provider, info, ciphertext }: EncryptedDataKey): { arn: string; ciphertext: Uint8Array; fits: boolean } | undefined {
  if (provider !== KMS_PROVIDER) return undefined
  const text = String.fromCharCode(...info.subarray(0, 512))
  const key = tables.keys.related(text.slice(text.lastIndexOf('/') + 1) as KeyId).find((each) => keyArn(each) === text)
  if (key === undefined || compareBytes(info, utf8(keyArn(key))) !== 0) return undefined
  return { arn: keyArn(key), ciphertext, fits: materialKey(tables, ciphertext) === key.id }
}

/** The key whose material a ciphertext names; undefined if it names none. */
function materialKey(tables: Tables, ciphertext: Uint8Array): KeyId | undefined {
  try {
    return tables.materials.get(parseBlob(ciphertext).materialId)?.keyId
  } catch (error) {
    if (error instanceof VaultError && error.code === 'MALFORMED') return undefined
    throw error
  }
}

function encryptionContext(context: ContextPairs): { EncryptionContext?: Record<string, string> } {
  return context.length === 0 ? {} : { EncryptionContext: { ...contextMap(context) } }
}
