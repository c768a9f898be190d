import pkcs11 from 'pkcs11js'
import { ckr } from '../ckr.ts'
import { asBuffer } from './bytes.ts'
import type { Library } from './library.ts'
import { Refused, ckrOf } from './refusal.ts'
import { readUlong } from './templates.ts'

/** CKS_RO_USER_FUNCTIONS and CKS_RW_USER_FUNCTIONS: the session states of a logged-in user. */
const USER_STATES = new Set([1, 3])

/** Failures of a call that did nothing but meet a handle or a session that is no more (or was left with an open operation). */
const STALE = new Set<number>([
  ckr.CKR_OBJECT_HANDLE_INVALID, ckr.CKR_KEY_HANDLE_INVALID, ckr.CKR_SESSION_HANDLE_INVALID, ckr.CKR_SESSION_CLOSED,
  ckr.CKR_OPERATION_ACTIVE, ckr.CKR_OPERATION_NOT_INITIALIZED,
])

/**
 * One token with its sessions. The *keeper* is opened first, stays idle but for session keys, and is never used for an operation
 * that can fail half-way: login ends with the last session, and session objects with the session that made them.
 * The *work* session is closed after any failure, because a failed operation may stay active and would fail all that follow.
 */
export class OpenToken {
  readonly functions: pkcs11.PKCS11
  readonly keeper: pkcs11.Handle
  readonly #slot: pkcs11.Handle
  readonly #loginRequired: boolean
  #work: pkcs11.Handle | undefined
  /** Handles by CKA_ID; dropped when a key is destroyed or its handle fails. */
  readonly #handles = new Map<string, pkcs11.Handle>()

  constructor(library: Library, slot: pkcs11.Handle, options: { loginRequired: boolean }) {
    this.functions = library.functions
    this.#slot = slot
    this.#loginRequired = options.loginRequired
    this.keeper = this.#openSession()
  }

  /** C_Login as user. The PIN becomes a JavaScript string here, because pkcs11js takes nothing else: it lives until this process ends. */
  login(pin: Uint8Array): void {
    try {
      this.functions.C_Login(this.keeper, pkcs11.CKU_USER, pinText(pin))
    } catch (error) {
      if (ckrOf(error) !== ckr.CKR_USER_ALREADY_LOGGED_IN) throw error
    }
  }

  /** Runs work in the work session; whatever it throws, that session is closed and the next work gets a new one. */
  attempt<T>(work: (session: pkcs11.Handle) => T): T {
    const session = (this.#work ??= this.#openSession())
    try {
      return work(session)
    } catch (error) {
      this.#work = undefined
      this.#close(session)
      throw error
    }
  }

  /** `attempt`, and once more if a stale session was the only reason. For work that may be done twice. */
  repeatable<T>(work: (session: pkcs11.Handle) => T): T {
    try {
      return this.attempt(work)
    } catch (error) {
      if (!isStale(error)) throw error
      return this.attempt(work)
    }
  }

  /** Work with the one secret or private key of this CKA_ID; its handle is looked up once more if it turns out to be stale. Refuses with `noKey`. */
  withKey<T>(ckaId: Uint8Array, work: (session: pkcs11.Handle, key: pkcs11.Handle) => T): T {
    const name = asBuffer(ckaId).toString('latin1')
    try {
      return this.attempt((session) => work(session, this.#handle(session, name, ckaId)))
    } catch (error) {
      if (!isStale(error)) throw error
      this.#handles.delete(name)
      return this.attempt((session) => work(session, this.#handle(session, name, ckaId)))
    }
  }

  /** All objects that match. Refuses with CKR_USER_NOT_LOGGED_IN rather than with silence: without a login private objects are invisible. */
  find(session: pkcs11.Handle, template: pkcs11.Template): pkcs11.Handle[] {
    this.functions.C_FindObjectsInit(session, template)
    const found: pkcs11.Handle[] = []
    for (;;) {
      const some = this.functions.C_FindObjects(session, 100)
      if (some.length === 0) break
      found.push(...some)
    }
    this.functions.C_FindObjectsFinal(session)
    if (this.#loginRequired && !USER_STATES.has(this.functions.C_GetSessionInfo(session).state)) {
      throw new Refused({ kind: 'ckr', ckr: ckr.CKR_USER_NOT_LOGGED_IN })
    }
    return found
  }

  /** All keys on the token with this CKA_ID, by class. Whatever else has it (a certificate) is left out. */
  findById(session: pkcs11.Handle, ckaId: Uint8Array): FoundKey[] {
    const found = this.find(session, [{ type: pkcs11.CKA_TOKEN, value: true }, { type: pkcs11.CKA_ID, value: asBuffer(ckaId) }])
    return found.flatMap((handle) => {
      const value = this.functions.C_GetAttributeValue(session, handle, [{ type: pkcs11.CKA_CLASS }])[0]?.value
      const name = Buffer.isBuffer(value) ? classes.get(readUlong(value)) : undefined
      return name === undefined ? [] : [{ handle, class: name }]
    })
  }

  /** To be called when a key has been destroyed: the token may give its handle to another object. */
  forget(ckaId: Uint8Array): void {
    this.#handles.delete(asBuffer(ckaId).toString('latin1'))
  }

  #handle(session: pkcs11.Handle, name: string, ckaId: Uint8Array): pkcs11.Handle {
    const known = this.#handles.get(name)
    if (known !== undefined) return known
    const [key, second] = this.findById(session, ckaId).filter((each) => each.class !== 'public')
    // Two objects with one random id: one of them is not ours, and nothing tells which.
    if (key === undefined || second !== undefined) throw new Refused({ kind: 'noKey' })
    this.#handles.set(name, key.handle)
    return key.handle
  }

  /** Always read-write: keys are made in these sessions, and AWS CloudHSM knows no other. */
  #openSession(): pkcs11.Handle {
    return this.functions.C_OpenSession(this.#slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION)
  }

  #close(session: pkcs11.Handle): void {
    try {
      this.functions.C_CloseSession(session)
    } catch (error) {
      // A session that is gone already cannot be closed; the failure that matters is the one being reported.
      if (ckrOf(error) === undefined) throw error
    }
  }
}

/** A secret key, or a half of a pair. */
export interface FoundKey {
  readonly handle: pkcs11.Handle
  readonly class: 'secret' | 'private' | 'public'
}

const classes = new Map<number | undefined, FoundKey['class']>([
  [pkcs11.CKO_SECRET_KEY, 'secret'],
  [pkcs11.CKO_PRIVATE_KEY, 'private'],
  [pkcs11.CKO_PUBLIC_KEY, 'public'],
])

/** UTF-8, as PKCS#11 asks. Refuses bytes that are none: they would be sent as another PIN, and the token would count the try. */
export function pinText(pin: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(pin)
}

function isStale(error: unknown): boolean {
  const value = ckrOf(error)
  return value !== undefined && STALE.has(value)
}
