import type { MemberId } from '../vocabulary/ids.ts'
import type { Secret } from '../vocabulary/secret.ts'
import type { FailureCode } from '../vocabulary/failures.ts'
import type { CheckId } from '../tokens/checks.ts'
import type { CheckResults } from '../tokens/profile.ts'
import type { WrappingAlgorithm } from '../vocabulary/kms.ts'
import type { AbortSignalLike } from './ambient.ts'

/**
 * The Hsm port: PKCS#11 modules, each in a process of its own. A module that crashes or hangs costs the calls that were in it,
 * never the owner: those calls fail with HSM_UNAVAILABLE at their deadline, and the next call finds a new process.
 */
export interface Hsm {
  /**
   * The PKCS#11 libraries of this machine: where vendors put them, what p11-kit's configuration names, what the environment names. Each is
   * loaded in a process of its own, side by side, without a login; what it does there is its row's outcome. Throws nothing of theirs.
   */
  modules(): Promise<ModuleFacts[]>
  /** The tokens that a module shows, without a login. Throws HSM_UNAVAILABLE, MODULE_NOT_FOUND. */
  tokens(module: ModuleConfig): Promise<TokenFacts[]>
  /**
   * Initialises an uninitialised token of the module and sets its user PIN. Throws HSM_UNAVAILABLE, TOKEN_FULL (no free slot).
   * Never touches an initialised token. The caller keeps and wipes both PINs.
   */
  initialiseToken(module: ModuleConfig, request: { label: string; soPin: Secret; pin: Secret }): Promise<TokenFacts>
  /** A member, not yet opened. */
  member(config: MemberConfig, owner: MemberOwner): HsmMember
}

/** Where a vendor's PKCS#11 library is and what it needs. */
export interface ModuleConfig {
  /** Absolute path of the shared library, or `softhsm` for the SoftHSM that the platform has. */
  readonly library: string
  /** CK_C_INITIALIZE_ARGS pReserved, for modules that need it. */
  readonly parameters?: string | undefined
  /** The folder of a SoftHSM's tokens, absolute; undefined for every other module. */
  readonly tokenDirectory?: string | undefined
}

/** A library that was found, and what it does when it is loaded. */
export interface ModuleFacts {
  /** The vendor's or the product's, else the library's file name. */
  readonly name: string
  readonly module: ModuleConfig
  readonly source: 'known' | 'p11-kit' | 'environment'
  /** How its user PIN is written, where it is more than a PIN. */
  readonly pinFormat: string | undefined
  readonly outcome:
    | { readonly state: 'answers'; readonly tokens: readonly TokenFacts[] }
    /** It was not loaded: it starts only with parameters such as these. */
    | { readonly state: 'needs-parameters'; readonly example: string }
    | { readonly state: 'fails'; readonly failure: { readonly code: FailureCode; readonly text: string } }
}

export interface MemberConfig {
  readonly id: MemberId
  /** For messages, such as `SoftHSM`. */
  readonly name: string
  readonly module: ModuleConfig
  /** The token is found by its serial (CK_TOKEN_INFO.serialNumber), never by slot id, which changes. */
  readonly serial: string
}

/** What a member asks of its owner. */
export interface MemberOwner {
  /** The user PIN if the vault stores it, else undefined (the member is then LOGIN_NEEDED). The member wipes the result. */
  pin(): Secret | undefined
  /** Called after every new login (the first and each after a respawn), before other calls are let through: the journal reconciles here. */
  reconcile(session: MemberSession): Promise<void>
  /** The member's state has changed. */
  changed(status: MemberStatus): void
}

/** `ready` answers calls; `down` will be opened by the next call; `refused` waits for a person (PIN_INCORRECT, PIN_LOCKED, LOGIN_NEEDED). */
export interface MemberStatus {
  readonly state: 'closed' | 'opening' | 'ready' | 'down' | 'refused'
  readonly failure?: { readonly code: FailureCode; readonly text: string } | undefined
  readonly token?: TokenFacts | undefined
}

export interface HsmMember {
  readonly config: MemberConfig
  readonly status: MemberStatus
  /** Starts the host, loads the module, finds the token, logs in, lets the owner reconcile. Throws the member's failure. */
  open(): Promise<TokenFacts>
  /**
   * Opens it for a person who asks: as `open`, and where its PIN is not stored, a person types it, in a way of the shell that leads straight to the
   * host. Throws LOGIN_NEEDED also if the shell has no such way, or the person thinks better of it.
   */
  logIn(): Promise<TokenFacts>
  /** Ends the host process at once. Calls in it fail with HSM_UNAVAILABLE. May be called twice. */
  close(): Promise<void>
  /** The calls of an open member; each opens the member first if it is `down`. */
  readonly session: MemberSession
  /**
   * Tries what the token can really do, in processes of its own beside the member's, open or not: a library that crashes or hangs in a
   * check ends that process, which is the check's result, and the next check gets a new one. Session objects only: nothing stays on the
   * token. Each process logs in, with the PIN of the owner. Throws what leaves no verdict: HSM_UNAVAILABLE, TOKEN_REMOVED, PIN_INCORRECT,
   * PIN_LOCKED, LOGIN_NEEDED; CANCELLED when the signal aborts or the member is closed. One at a time.
   */
  tryOut(checks: readonly CheckId[], options?: TrialOptions): Promise<{ facts: TokenFacts; results: CheckResults }>
}

export interface TrialOptions {
  readonly signal?: AbortSignalLike | undefined
  /** Called before each check, with its place from 0. */
  readonly trying?: ((check: CheckId, place: number) => void) | undefined
}

/** Secret keys: AES seals, HMAC seals (256) and makes MACs; each HMAC key is as long as its hash. */
export type SecretKind = 'aes-256' | HmacKind
export type HmacKind = 'hmac-224' | 'hmac-256' | 'hmac-384' | 'hmac-512'

/** Key pairs, each for one purpose: some tokens refuse keys that may both sign and decrypt. */
export type PairKind =
  | `rsa-${2048 | 3072 | 4096}-${'sign' | 'decrypt'}`
  | `${'p256' | 'p384' | 'p521'}-${'sign' | 'derive'}`
  | 'secp256k1-sign'
  | 'ed25519-sign'
  | WrappingKind

/** Pairs under which material from outside arrives: they unwrap, and decrypt for a token that does not. */
export type WrappingKind = `rsa-${2048 | 3072 | 4096}-unwrap`

export type MaterialKind = SecretKind | PairKind

/** What a private key does with a message that the caller has prepared. */
export type SignatureScheme =
  /** CKM_ECDSA over a digest: r and s, each as long as the curve's order, joined. */
  | 'ecdsa'
  /** CKM_EDDSA over the message itself: pure Ed25519, 64 bytes. */
  | 'eddsa'
  /** CKM_RSA_PKCS over the DER of a DigestInfo (RFC 8017, section 9.2). */
  | 'rsa-pkcs1'
  /** CKM_RSA_PKCS_PSS over a digest, salt as long as the digest, MGF1 with the same hash. */
  | `rsa-pss-sha-${256 | 384 | 512}`

/** RSAES-OAEP with MGF1 of the same hash and no label. */
export type OaepScheme = 'oaep-sha-1' | 'oaep-sha-256'

/**
 * Calls on one token. Keys are named by CKA_ID. Deadlines: symmetric 10 s, private key 30 s, generate and initialise 180 s.
 * All may throw HSM_UNAVAILABLE, TOKEN_REMOVED, PIN_INCORRECT, PIN_LOCKED, LOGIN_NEEDED; the key calls MATERIAL_MISSING.
 */
export interface MemberSession {
  /**
   * C_GenerateKey or C_GenerateKeyPair as token objects, private, sensitive, never extractable, with exactly the usage of their kind; read
   * back attribute by attribute. A key that differs is destroyed: MATERIAL_REFUSED. Throws TOKEN_FULL, KIND_UNSUPPORTED.
   */
  generateKey(request: { kind: MaterialKind; ckaId: Uint8Array; label: string }): Promise<KeyFacts>
  /**
   * Brings in a key that was wrapped under a pair of the token (PKCS #8 for pairs, bare bytes for the rest), sealed like a generated one and
   * read back. Inside the token where it unwraps; else its host opens the wrapping for this call and wipes what it opened. With `expected`
   * only the key with that check value is brought in; without `name` nothing is kept, and the answer tells what it would have been.
   * Throws InvalidCiphertextException for what does not open, IncorrectKeyMaterialException for what is no key of this kind or not the
   * expected one, MATERIAL_REFUSED, TOKEN_FULL, KIND_UNSUPPORTED.
   */
  importKey(request: {
    kind: MaterialKind
    wrapping: { ckaId: Uint8Array; algorithm: WrappingAlgorithm }
    wrapped: Uint8Array
    expected: Uint8Array | undefined
    name: { ckaId: Uint8Array; label: string } | undefined
  }): Promise<ImportedKey>
  /** Undefined if the token has no such object. */
  findKey(ckaId: Uint8Array): Promise<KeyFacts | undefined>
  /** All secret and private keys whose CKA_LABEL begins with the prefix, and public keys that have lost their private one. */
  findKeys(labelPrefix: string): Promise<KeyFacts[]>
  /** Destroys the key with this CKA_ID and label, of a pair both halves; false if it is not there, or has another label. */
  destroyKey(request: { ckaId: Uint8Array; label: string }): Promise<boolean>
  /** CKM_AES_GCM, 16-byte tag appended. The IV returned is the one that was used: some tokens make their own. */
  encrypt(request: { ckaId: Uint8Array; iv: Uint8Array; aad: Uint8Array; plaintext: Uint8Array }): Promise<{ iv: Uint8Array; sealed: Uint8Array }>
  /** Random bytes from the token, encrypted as by `encrypt`, in one call. The caller wipes `plaintext`. */
  encryptRandom(request: { ckaId: Uint8Array; iv: Uint8Array; aad: Uint8Array; length: number }): Promise<{ iv: Uint8Array; sealed: Uint8Array; plaintext: Uint8Array }>
  /** Undefined if the tag does not match. The caller wipes the result. */
  decrypt(request: { ckaId: Uint8Array; iv: Uint8Array; aad: Uint8Array; sealed: Uint8Array }): Promise<Uint8Array | undefined>
  /** CKM_SHAnnn_HMAC of the key's kind (`hmac-256` if none is given), as long as its hash. The caller wipes the result. */
  mac(request: { ckaId: Uint8Array; data: Uint8Array; kind?: HmacKind | undefined }): Promise<Uint8Array>
  sign(request: { ckaId: Uint8Array; scheme: SignatureScheme; data: Uint8Array }): Promise<Uint8Array>
  /**
   * Undefined if the ciphertext is none under this key and scheme: in time that does not tell why. Where the token has OAEP with SHA-1 only,
   * CKM_RSA_X_509 in the token and the unpadding in its host. The caller wipes the result.
   */
  rsaDecrypt(request: { ckaId: Uint8Array; scheme: OaepScheme; ciphertext: Uint8Array }): Promise<Uint8Array | undefined>
  /**
   * CKM_ECDH1_DERIVE without a key derivation function: the x coordinate, as long as the field. `point` is the other side's, uncompressed
   * (SEC 1, section 2.3.3), and must be on the curve: the caller has checked it. The caller wipes the result.
   */
  derive(request: { ckaId: Uint8Array; point: Uint8Array }): Promise<Uint8Array>
  /**
   * What the token shows of the objects with this CKA_ID, asked for attribute by attribute; never one that holds a secret or a part of a
   * private key. Empty if there is none.
   */
  attributes(ckaId: Uint8Array): Promise<ObjectAttributes[]>
  /** C_GenerateRandom. */
  random(length: number): Promise<Uint8Array>
}

/** What is known of a key that came from outside. */
export interface ImportedKey {
  /** As in KeyFacts. */
  readonly checkValue: Uint8Array
  readonly publicKey: Uint8Array | undefined
}

/** What was seen of an object on the token. */
export interface KeyFacts {
  readonly ckaId: Uint8Array
  readonly label: string
  readonly kind: MaterialKind | 'other'
  /** CKA_SENSITIVE, not CKA_EXTRACTABLE, CKA_PRIVATE, CKA_TOKEN and the usage of its kind are all as asked at creation. */
  readonly intact: boolean
  /**
   * The first 16 bytes of the kind's HMAC or of CKM_AES_CMAC (aes-256) over the ASCII of `holdfast/check/v1`, undefined where the token
   * has no such mechanism; of a pair those of SHA-256 over the SubjectPublicKeyInfo.
   */
  readonly checkValue: Uint8Array | undefined
  /** Of a pair: the DER of its SubjectPublicKeyInfo (RFC 5280), from the public object on the token. */
  readonly publicKey: Uint8Array | undefined
}

/** One object on the token, as the token itself describes it. */
export interface ObjectAttributes {
  readonly class: 'secret' | 'private' | 'public'
  readonly attributes: readonly TokenAttribute[]
}

export interface TokenAttribute {
  /** Such as `CKA_SENSITIVE`. */
  readonly name: string
  /** The bytes of the answer; undefined where the token says that it has no such attribute, or does not show it. */
  readonly value: Uint8Array | undefined
}

export interface TokenFacts {
  readonly label: string
  readonly serial: string
  readonly manufacturer: string
  readonly model: string
  readonly firmware: string
  readonly library: {
    readonly description: string
    readonly version: string
    readonly path: string
    /** Of the file at `path` when it was loaded: lower-case hex. */
    readonly sha256: string
  }
  readonly initialised: boolean
  /** CKF_HW_SLOT: the library says that the slot is hardware. */
  readonly hardwareSlot: boolean
  /** CKF_USER_PIN_COUNT_LOW, _FINAL_TRY, _LOCKED: shown before anybody types a PIN. */
  readonly pin: { readonly countLow: boolean; readonly finalTry: boolean; readonly locked: boolean }
  readonly mechanisms: number
}
