// The AWS Encryption SDK's algorithm suites (its specification, framework/algorithm-suites.md). We write 0478 and, on request, 0578:
// docs/spec/file-message-v1.md. All others are read only.

export interface Suite {
  readonly id: number
  /** Of the message format that has it. */
  readonly version: 1 | 2
  /** Bytes of the data key, and of the key that ciphers. */
  readonly keyLength: 16 | 24 | 32
  /** The hash of HKDF; undefined uses the data key as it is. */
  readonly derive: 'sha256' | 'sha384' | 'sha512' | undefined
  /** Whether the header commits to its data key: without, a file can be made that opens to different plaintexts under different keys. */
  readonly commits: boolean
  readonly signature: SignatureKind | undefined
}

export type SignatureKind = 'p256' | 'p384'

export const suites: readonly Suite[] = [
  { id: 0x0478, version: 2, keyLength: 32, derive: 'sha512', commits: true, signature: undefined },
  { id: 0x0578, version: 2, keyLength: 32, derive: 'sha512', commits: true, signature: 'p384' },
  { id: 0x0014, version: 1, keyLength: 16, derive: undefined, commits: false, signature: undefined },
  { id: 0x0046, version: 1, keyLength: 24, derive: undefined, commits: false, signature: undefined },
  { id: 0x0078, version: 1, keyLength: 32, derive: undefined, commits: false, signature: undefined },
  { id: 0x0114, version: 1, keyLength: 16, derive: 'sha256', commits: false, signature: undefined },
  { id: 0x0146, version: 1, keyLength: 24, derive: 'sha256', commits: false, signature: undefined },
  { id: 0x0178, version: 1, keyLength: 32, derive: 'sha256', commits: false, signature: undefined },
  { id: 0x0214, version: 1, keyLength: 16, derive: 'sha256', commits: false, signature: 'p256' },
  { id: 0x0346, version: 1, keyLength: 24, derive: 'sha384', commits: false, signature: 'p384' },
  { id: 0x0378, version: 1, keyLength: 32, derive: 'sha384', commits: false, signature: 'p384' },
]

/** What we write. */
export const PLAIN_SUITE = suiteOf(0x0478, 2)
/** The same with an ECDSA signature behind the last frame. */
export const SIGNED_SUITE = suiteOf(0x0578, 2)

/** The suite of an id in a message of this version; undefined if there is none. */
export function findSuite(id: number, version: number): Suite | undefined {
  return suites.find((suite) => suite.id === id && suite.version === version)
}

/** Where a signed message keeps the key that it is verified with: in its encryption context. */
export const SIGNING_KEY_PAIR = 'aws-crypto-public-key'

/** The plaintext of each frame that we write but the last: 256 KiB. */
export const FRAME_LENGTH = 262_144

/** The provider id of an encrypted data key that a KMS made; its info is the key's ARN. */
export const KMS_PROVIDER = 'aws-kms'
/** The key namespace of a raw RSA key that we wrap for; the key's name is the hex SHA-256 of its SubjectPublicKeyInfo. */
export const RECIPIENT_NAMESPACE = 'rsa-oaep-sha256'

/** Of version 2, which we write. */
export const MESSAGE_ID_LENGTH = 32
export const DATA_KEY_LENGTH = 32
export const COMMITMENT_LENGTH = 32
export const IV_LENGTH = 12
export const TAG_LENGTH = 16

/** Frame numbers are 32 bits and begin with 1. */
export const MOST_FRAMES = 0xffff_ffff

/** A header beyond this is not read: a full encryption context and all the data keys that we try fit in many times. */
export const MOST_HEADER_BYTES = 262_144
/** Each data key that names a key of ours costs a call to the HSM. */
export const MOST_DATA_KEYS = 16
/** A frame is held in memory until its tag is verified, so a longer one cannot be read. */
export const MOST_FRAME_BYTES = 67_108_864

function suiteOf(id: number, version: number): Suite {
  const found = findSuite(id, version)
  if (found === undefined) throw new Error('a suite that we write is in no row')
  return found
}
