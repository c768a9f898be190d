import type { MemberId } from '../vocabulary/ids.ts'
import type { Secret } from '../vocabulary/secret.ts'
import type { FailureCode } from '../vocabulary/failures.ts'
import type { CheckId } from '../tokens/checks.ts'
import type { CheckResults } from '../tokens/profile.ts'
import type { AbortSignalLike } from './ambient.ts'

/**
 * The Hsm port: PKCS#11 modules, each in a process of its own. A module that crashes or hangs costs the calls that were in it,
 * never the owner: those calls fail with HSM_UNAVAILABLE at their deadline, and the next call finds a new process.
 */
export interface Hsm {
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

export type MaterialKind = 'aes-256' | 'hmac-256'

/**
 * Calls on one token. Keys are named by CKA_ID. Deadlines: symmetric 10 s, private key 30 s, generate and initialise 180 s.
 * All may throw HSM_UNAVAILABLE, TOKEN_REMOVED, PIN_INCORRECT, PIN_LOCKED, LOGIN_NEEDED; the key calls MATERIAL_MISSING.
 */
export interface MemberSession {
  /**
   * C_GenerateKey as token object, private, sensitive, never extractable, with exactly the usage of its kind; read back attribute by
   * attribute. A key that differs is destroyed: MATERIAL_REFUSED. Throws TOKEN_FULL.
   */
  generateKey(request: { kind: MaterialKind; ckaId: Uint8Array; label: string }): Promise<KeyFacts>
  /** Undefined if the token has no such object. */
  findKey(ckaId: Uint8Array): Promise<KeyFacts | undefined>
  /** All secret keys whose CKA_LABEL begins with the prefix. */
  findKeys(labelPrefix: string): Promise<KeyFacts[]>
  /** Destroys the one object with this CKA_ID and label; false if it is not there. Refuses (false) an object with another label. */
  destroyKey(request: { ckaId: Uint8Array; label: string }): Promise<boolean>
  /** CKM_AES_GCM, 16-byte tag appended. The IV returned is the one that was used: some tokens make their own. */
  encrypt(request: { ckaId: Uint8Array; iv: Uint8Array; aad: Uint8Array; plaintext: Uint8Array }): Promise<{ iv: Uint8Array; sealed: Uint8Array }>
  /** Random bytes from the token, encrypted as by `encrypt`, in one call. The caller wipes `plaintext`. */
  encryptRandom(request: { ckaId: Uint8Array; iv: Uint8Array; aad: Uint8Array; length: number }): Promise<{ iv: Uint8Array; sealed: Uint8Array; plaintext: Uint8Array }>
  /** Undefined if the tag does not match. The caller wipes the result. */
  decrypt(request: { ckaId: Uint8Array; iv: Uint8Array; aad: Uint8Array; sealed: Uint8Array }): Promise<Uint8Array | undefined>
  /** CKM_SHA256_HMAC, 32 bytes. The caller wipes the result. */
  mac(request: { ckaId: Uint8Array; data: Uint8Array }): Promise<Uint8Array>
  /** C_GenerateRandom. */
  random(length: number): Promise<Uint8Array>
}

/** What was seen of an object on the token. */
export interface KeyFacts {
  readonly ckaId: Uint8Array
  readonly label: string
  readonly kind: MaterialKind | 'other'
  /** CKA_SENSITIVE, not CKA_EXTRACTABLE, CKA_PRIVATE, CKA_TOKEN and the usage of its kind are all as asked at creation. */
  readonly intact: boolean
  /**
   * The first 16 bytes of CKM_SHA256_HMAC (hmac-256) or CKM_AES_CMAC (aes-256) over the ASCII of `holdfast/check/v1`;
   * undefined where the token has no such mechanism.
   */
  readonly checkValue: Uint8Array | undefined
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
