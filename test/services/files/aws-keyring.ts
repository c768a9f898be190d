import { EncryptedDataKey, KeyringNode, KeyringTraceFlag, type NodeDecryptionMaterial, type NodeEncryptionMaterial } from '@aws-crypto/client-node'
import type { Client } from '../temporary-vault.ts'

// The AWS Encryption SDK's own keyring for KMS, but that it asks this vault.

export function holdfastKeyring(api: Client, keyId: string): KeyringNode {
  return new HoldfastKeyring(api, keyId)
}

class HoldfastKeyring extends KeyringNode {
  readonly #api: Client
  readonly #keyId: string

  constructor(api: Client, keyId: string) {
    super()
    this.#api = api
    this.#keyId = keyId
  }

  async _onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
    const { CiphertextBlob, Plaintext, KeyId } = await this.#api.kms.GenerateDataKey({ KeyId: this.#keyId, NumberOfBytes: material.suite.keyLengthBytes, ...contextOf(material) })
    const trace = { keyNamespace: 'aws-kms', keyName: KeyId, flags: KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY }
    return material
      .setUnencryptedDataKey(Plaintext, trace)
      .addEncryptedDataKey(new EncryptedDataKey({ providerId: 'aws-kms', providerInfo: KeyId, encryptedDataKey: CiphertextBlob }), KeyringTraceFlag.WRAPPING_KEY_ENCRYPTED_DATA_KEY)
  }

  async _onDecrypt(material: NodeDecryptionMaterial, dataKeys: EncryptedDataKey[]): Promise<NodeDecryptionMaterial> {
    const ours = dataKeys.find(({ providerId }) => providerId === 'aws-kms')
    if (ours === undefined) return material
    const { Plaintext, KeyId } = await this.#api.kms.Decrypt({ CiphertextBlob: ours.encryptedDataKey, KeyId: ours.providerInfo, ...contextOf(material) })
    return material.setUnencryptedDataKey(Plaintext, { keyNamespace: 'aws-kms', keyName: KeyId, flags: KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY })
  }
}

function contextOf({ encryptionContext }: { encryptionContext: Readonly<Record<string, string>> }): { EncryptionContext?: Record<string, string> } {
  return Object.keys(encryptionContext).length === 0 ? {} : { EncryptionContext: { ...encryptionContext } }
}
