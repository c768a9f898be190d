import { keyArn } from '#core/keys/arn.ts'
import { contextMap, type ContextPairs } from '#core/messages/context.ts'
import type { EncryptedDataKey, MessageHeader } from '#core/messages/header.ts'
import { KMS_PROVIDER, RECIPIENT_NAMESPACE } from '#core/messages/suite.ts'
import type { RsaRecipient } from '#core/ports/message-crypto.ts'
import type { Store, Tables } from '#core/ports/store.ts'
import { parseBlob } from '#core/sealing/blob-v1.ts'
import { compareBytes, toHex, utf8 } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { KeyId } from '#core/vocabulary/ids.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import type { Gate } from '../gate.ts'
import type { useKeys } from '../kms/use-keys.ts'
import type { Connection } from '../sessions.ts'
import type { RawKey } from './raw-keys.ts'

/** Under which keys a new file is to be: at least one of this vault, and the RSA keys of others. */
export interface Wrapping {
  /** As AWS KMS's KeyId. The first makes the data key, the others wrap it. */
  readonly keyIds: readonly string[]
  readonly recipients: readonly RsaRecipient[]
}

export interface NewDataKey {
  /** The caller wipes it. */
  readonly dataKey: Secret
  readonly encrypted: readonly EncryptedDataKey[]
  /** Of the key that made it. */
  readonly keyArn: string
}

/** The data keys of files: each is a call of AWS KMS's own operations behind the gate, decided and recorded like anybody's. */
export interface DataKeys {
  /** `GenerateDataKey`, then `Encrypt` with each further key. */
  generate(connection: Connection, wrapping: Wrapping, context: ContextPairs): Promise<NewDataKey>
  /**
   * What `fits` makes of the first of a message's data keys that opens and fits: of those under raw keys given with the job, then `Decrypt` of those
   * under a key of this vault. Throws KEY_NOT_HERE, NOT_AUTHENTIC, and what Decrypt throws: DisabledException, AccessDeniedException,
   * HSM_UNAVAILABLE and so on.
   */
  open<T>(
    connection: Connection,
    message: { readonly header: MessageHeader; readonly file: string; readonly rawKeys: readonly RawKey[] },
    fits: (dataKey: Secret) => T | undefined,
  ): Promise<{ readonly opened: T; readonly keyArn: string }>
}

export function createDataKeys(parts: { gate: Gate; store: Store; operations: Pick<ReturnType<typeof useKeys>, 'generateDataKey' | 'encrypt' | 'decrypt'> }): DataKeys {
  const { gate, store, operations } = parts
  return {
    async generate(connection, { keyIds: [first = '', ...more], recipients }, context) {
      const made = await gate.call(connection, operations.generateDataKey, { KeyId: first, KeySpec: 'AES_256', ...encryptionContext(context) })
      const dataKey = Secret.own(made.Plaintext)
      try {
        const encrypted = [underKms(made.KeyId, made.CiphertextBlob)]
        for (const keyId of more) {
          const wrapped = await gate.call(connection, operations.encrypt, { KeyId: keyId, Plaintext: dataKey.bytes, ...encryptionContext(context) })
          encrypted.push(underKms(wrapped.KeyId, wrapped.CiphertextBlob))
        }
        for (const recipient of recipients) encrypted.push(forRecipient(recipient, dataKey))
        return { dataKey, encrypted, keyArn: made.KeyId }
      } catch (error) {
        dataKey.wipe()
        throw error
      }
    },

    async open(connection, { header, file, rawKeys }, fits) {
      for (const rawKey of rawKeys) {
        for (const candidate of header.dataKeys.flatMap((each) => rawKey.unwrap(each, header.context))) {
          using dataKey = candidate
          const opened = fits(dataKey)
          if (opened !== undefined) return { opened, keyArn: rawKey.name }
        }
      }
      const ours = store.read((tables) => header.dataKeys.flatMap((each) => ourKey(tables, each) ?? []))
      if (ours.length === 0) throw new VaultError('KEY_NOT_HERE', { file })
      let failure: unknown = new VaultError('NOT_AUTHENTIC', { what: file })
      for (const { arn, ciphertext, fits: isOfThisKey } of ours) {
        if (!isOfThisKey) continue
        try {
          const { Plaintext, KeyId } = await gate.call(connection, operations.decrypt, { KeyId: arn, CiphertextBlob: ciphertext, ...encryptionContext(header.context) })
          using dataKey = Secret.own(Plaintext)
          const opened = fits(dataKey)
          if (opened !== undefined) return { opened, keyArn: KeyId }
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

function underKms(keyArn: string, ciphertext: Uint8Array): EncryptedDataKey {
  return { provider: KMS_PROVIDER, info: utf8(keyArn), ciphertext }
}

/** As the Encryption SDK's raw RSA keyring (OAEP, SHA-256) has it, under the key namespace and name that the spec page gives. */
function forRecipient({ fingerprint, wrap }: RsaRecipient, dataKey: Secret): EncryptedDataKey {
  return { provider: RECIPIENT_NAMESPACE, info: utf8(toHex(fingerprint)), ciphertext: wrap(dataKey.bytes) }
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
