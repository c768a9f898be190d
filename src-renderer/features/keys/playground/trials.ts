import type { Api } from '#contract/contract.ts'
import type { KeyUsage } from '#core/vocabulary/kms.ts'

// What can be tried with a key: a row per operation. What it reads, what it gives, and where a result can go on to.

type Bytes = Uint8Array<ArrayBuffer>

/** What a key is tried with, by its usage. */
const byUsage = {
  ENCRYPT_DECRYPT: ['Encrypt', 'Decrypt', 'ReEncrypt'],
  SIGN_VERIFY: ['Sign', 'Verify'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret'],
  ENCAPSULATE_DECAPSULATE: ['Encapsulate', 'Decapsulate'],
} as const satisfies Record<KeyUsage, readonly string[]>
export type TrialName = (typeof byUsage)[KeyUsage][number] | 'GetPublicKey'

/** Bytes that a person puts in. Two operations that read the same one share it. */
export const inputs = {
  plaintext: { member: 'Plaintext', label: 'Plaintext', writing: 'text', file: 'secret.bin' },
  ciphertext: { member: 'CiphertextBlob', label: 'Ciphertext', writing: 'base64', file: 'blob.bin' },
  message: { member: 'Message', label: 'Message', writing: 'text', file: 'message.bin' },
  signature: { member: 'Signature', label: 'Signature', writing: 'base64', file: 'signature.bin' },
  mac: { member: 'Mac', label: 'MAC', writing: 'base64', file: 'mac.bin' },
  otherPublicKey: { member: 'PublicKey', label: 'Public key of the other side', writing: 'text', file: 'other-public.der' },
  encapsulated: { member: 'SharedSecretCiphertextBlob', label: 'Encapsulated secret', writing: 'base64', file: 'encapsulated.bin' },
} as const satisfies Record<string, { member: string; label: string; writing: 'text' | 'base64'; file: string }>
export type InputName = keyof typeof inputs

/** All that a call may need; a row takes its own. */
export interface Given {
  readonly keyId: string
  readonly bytes: Readonly<Record<InputName, Bytes>>
  readonly context: Record<string, string>
  readonly algorithm: string
  readonly messageType: 'RAW' | 'DIGEST'
  readonly destination: string
  readonly destinationContext: Record<string, string>
}

/** Something that a call gave. */
export type Outcome =
  | { readonly kind: 'bytes'; readonly title: string; readonly bytes: Uint8Array; readonly file: string; readonly to?: { readonly trial: TrialName; readonly input: InputName; readonly verb: string } }
  | { readonly kind: 'secret'; readonly title: string; readonly bytes: Uint8Array; readonly again: string }
  | { readonly kind: 'publicKey'; readonly der: Uint8Array }
  | { readonly kind: 'valid'; readonly text: string }

interface Trial {
  readonly label: string
  readonly busy: string
  readonly reads: readonly InputName[]
  /** Which member names the algorithm; the key's list is offered where it has several. */
  readonly algorithm?: 'EncryptionAlgorithm' | 'SigningAlgorithm' | 'MacAlgorithm' | 'KeyAgreementAlgorithm' | 'EncapsulationAlgorithm'
  /** The message may be its digest. */
  readonly messageType?: boolean
  /** Bound by an encryption context, where the key is symmetric. */
  readonly context?: boolean
  /** A second key, which the result is under. */
  readonly destination?: boolean
  /** What the command line takes from the answer. */
  readonly takes?: { readonly member: string; readonly file: string }
  call(api: Api, given: Given): Promise<readonly Outcome[]>
}

const context = (map: Record<string, string>) => (Object.keys(map).length === 0 ? {} : { EncryptionContext: map })

const trials: Readonly<Record<TrialName, Trial>> = {
  Encrypt: {
    label: 'Encrypt', busy: 'Encrypting…', reads: ['plaintext'], algorithm: 'EncryptionAlgorithm', context: true, takes: { member: 'CiphertextBlob', file: 'blob.bin' },
    async call(api, { keyId, bytes, algorithm, ...given }) {
      const { CiphertextBlob } = await api.kms.Encrypt({ KeyId: keyId, Plaintext: bytes.plaintext, EncryptionAlgorithm: algorithm, ...context(given.context) })
      return [{ kind: 'bytes', title: 'Ciphertext', bytes: CiphertextBlob, file: 'blob.bin', to: { trial: 'Decrypt', input: 'ciphertext', verb: 'Decrypt it' } }]
    },
  },
  Decrypt: {
    label: 'Decrypt', busy: 'Decrypting…', reads: ['ciphertext'], algorithm: 'EncryptionAlgorithm', context: true, takes: { member: 'Plaintext', file: 'plaintext.bin' },
    async call(api, { keyId, bytes, algorithm, ...given }) {
      const { Plaintext } = await api.kms.Decrypt({ KeyId: keyId, CiphertextBlob: bytes.ciphertext, EncryptionAlgorithm: algorithm, ...context(given.context) })
      return [{ kind: 'secret', title: 'plaintext', bytes: Plaintext, again: 'Decrypt again to have it.' }]
    },
  },
  ReEncrypt: {
    label: 'Re-encrypt', busy: 'Re-encrypting…', reads: ['ciphertext'], algorithm: 'EncryptionAlgorithm', context: true, destination: true, takes: { member: 'CiphertextBlob', file: 'moved.bin' },
    async call(api, { keyId, bytes, algorithm, destination, destinationContext, ...given }) {
      const { CiphertextBlob } = await api.kms.ReEncrypt({
        SourceKeyId: keyId, CiphertextBlob: bytes.ciphertext, SourceEncryptionAlgorithm: algorithm, DestinationKeyId: destination,
        ...(Object.keys(given.context).length === 0 ? {} : { SourceEncryptionContext: given.context }),
        ...(Object.keys(destinationContext).length === 0 ? {} : { DestinationEncryptionContext: destinationContext }),
      })
      return [{ kind: 'bytes', title: 'Ciphertext under the other key', bytes: CiphertextBlob, file: 'moved.bin' }]
    },
  },
  Sign: {
    label: 'Sign', busy: 'Signing…', reads: ['message'], algorithm: 'SigningAlgorithm', messageType: true, takes: { member: 'Signature', file: 'signature.bin' },
    async call(api, { keyId, bytes, algorithm, messageType }) {
      const { Signature } = await api.kms.Sign({ KeyId: keyId, Message: bytes.message, MessageType: messageType, SigningAlgorithm: algorithm })
      return [{ kind: 'bytes', title: 'Signature', bytes: Signature, file: 'signature.bin', to: { trial: 'Verify', input: 'signature', verb: 'Verify it' } }]
    },
  },
  Verify: {
    label: 'Verify', busy: 'Verifying…', reads: ['message', 'signature'], algorithm: 'SigningAlgorithm', messageType: true,
    async call(api, { keyId, bytes, algorithm, messageType }) {
      await api.kms.Verify({ KeyId: keyId, Message: bytes.message, MessageType: messageType, Signature: bytes.signature, SigningAlgorithm: algorithm })
      return [{ kind: 'valid', text: 'The signature is valid. It was made with this key, over this message.' }]
    },
  },
  GenerateMac: {
    label: 'Make MAC', busy: 'Making…', reads: ['message'], algorithm: 'MacAlgorithm', takes: { member: 'Mac', file: 'mac.bin' },
    async call(api, { keyId, bytes, algorithm }) {
      const { Mac } = await api.kms.GenerateMac({ KeyId: keyId, Message: bytes.message, MacAlgorithm: algorithm })
      return [{ kind: 'bytes', title: 'MAC', bytes: Mac, file: 'mac.bin', to: { trial: 'VerifyMac', input: 'mac', verb: 'Verify it' } }]
    },
  },
  VerifyMac: {
    label: 'Verify MAC', busy: 'Verifying…', reads: ['message', 'mac'], algorithm: 'MacAlgorithm',
    async call(api, { keyId, bytes, algorithm }) {
      await api.kms.VerifyMac({ KeyId: keyId, Message: bytes.message, Mac: bytes.mac, MacAlgorithm: algorithm })
      return [{ kind: 'valid', text: 'The MAC is valid. It was made with this key, over this message.' }]
    },
  },
  DeriveSharedSecret: {
    label: 'Derive secret', busy: 'Deriving…', reads: ['otherPublicKey'], algorithm: 'KeyAgreementAlgorithm', takes: { member: 'SharedSecret', file: 'shared.bin' },
    async call(api, { keyId, bytes, algorithm }) {
      const { SharedSecret } = await api.kms.DeriveSharedSecret({ KeyId: keyId, PublicKey: bytes.otherPublicKey, KeyAgreementAlgorithm: algorithm })
      return [{ kind: 'secret', title: 'shared secret', bytes: SharedSecret, again: 'Derive it again to have it.' }]
    },
  },
  Encapsulate: {
    label: 'Encapsulate', busy: 'Encapsulating…', reads: [], algorithm: 'EncapsulationAlgorithm', takes: { member: 'SharedSecretCiphertextBlob', file: 'encapsulated.bin' },
    async call(api, { keyId, algorithm }) {
      const { SharedSecret, SharedSecretCiphertextBlob } = await api.kms.Encapsulate({ KeyId: keyId, EncapsulationAlgorithm: algorithm })
      return [
        { kind: 'bytes', title: 'Encapsulated secret', bytes: SharedSecretCiphertextBlob, file: 'encapsulated.bin', to: { trial: 'Decapsulate', input: 'encapsulated', verb: 'Decapsulate it' } },
        { kind: 'secret', title: 'shared secret', bytes: SharedSecret, again: 'Decapsulate to have it.' },
      ]
    },
  },
  Decapsulate: {
    label: 'Decapsulate', busy: 'Decapsulating…', reads: ['encapsulated'], algorithm: 'EncapsulationAlgorithm', takes: { member: 'SharedSecret', file: 'shared.bin' },
    async call(api, { keyId, bytes, algorithm }) {
      const { SharedSecret } = await api.kms.Decapsulate({ KeyId: keyId, SharedSecretCiphertextBlob: bytes.encapsulated, EncapsulationAlgorithm: algorithm })
      return [{ kind: 'secret', title: 'shared secret', bytes: SharedSecret, again: 'Decapsulate again to have it.' }]
    },
  },
  GetPublicKey: {
    label: 'Public key', busy: 'Reading…', reads: [], takes: { member: 'PublicKey', file: 'public.der' },
    async call(api, { keyId }) {
      const { PublicKey } = await api.kms.GetPublicKey({ KeyId: keyId })
      return [{ kind: 'publicKey', der: PublicKey }]
    },
  },
}

/** A row, with what it may leave out. */
export function trialOf(name: TrialName): Trial {
  return trials[name]
}

/** What a key of this usage is tried with; `symmetric`: it has no public key. */
export function trialsOf(usage: KeyUsage, symmetric: boolean): readonly TrialName[] {
  return symmetric ? byUsage[usage] : [...byUsage[usage], 'GetPublicKey']
}

/** The most bytes of a message or a plaintext (AWS KMS Sign, GenerateMac, Encrypt; RFC 8017, section 7.1.1 for RSAES-OAEP). */
export function mostBytes(input: InputName, spec: string, algorithm: string): number | undefined {
  if (input === 'message') return 4096
  if (input !== 'plaintext') return undefined
  const bits = /^RSA_(\d+)$/.exec(spec)?.[1]
  if (bits === undefined) return 4096
  return Number(bits) / 8 - 2 - 2 * (algorithm === 'RSAES_OAEP_SHA_1' ? 20 : 32)
}
