// docs/spec/file-message-v1.md: the AWS Encryption SDK's message format, version 2, algorithm suite 0478
// (AES-256-GCM, HKDF-SHA512, key commitment, no signature). Frozen: another suite or version is a file beside this one.

export const MESSAGE_VERSION = 2
export const SUITE_ID = 0x0478

/** The plaintext of each frame that we write but the last: 256 KiB. */
export const FRAME_LENGTH = 262_144

/** The provider id of an encrypted data key that a KMS made; its info is the key's ARN. */
export const KMS_PROVIDER = 'aws-kms'

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
