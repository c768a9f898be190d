import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Module, type Slot, SlotFlag, type Token, TokenFlag } from 'graphene-pk11'
import pkcs11 from 'pkcs11js'
import type { TokenFacts } from '#core/ports/hsm.ts'
import { Refused, ckrOf } from './refusal.ts'
import { ckr } from '../ckr.ts'

/** A loaded PKCS#11 library: graphene to look around, pkcs11js for everything that is called often. */
export interface Library {
  readonly path: string
  /** Of the file, lower-case hex. */
  readonly sha256: string
  readonly functions: pkcs11.PKCS11
  readonly module: Module
}

export interface FoundToken {
  readonly slot: Buffer
  readonly flags: number
  readonly facts: TokenFacts
}

/** Loads and initialises a library. Refuses with `library` if the loader does, with the return value of C_Initialize. */
export function loadLibrary(path: string, parameters: string | undefined): Library {
  const functions = new pkcs11.PKCS11()
  try {
    functions.load(path)
  } catch (error) {
    throw new Refused({ kind: 'library', text: error instanceof Error ? oneLine(error.message) : 'unknown' })
  }
  const module = new Module(functions)
  // CKF_OS_LOCKING_OK always: p11-kit-client and libkmsp11 refuse to start without it. pkcs11js cuts the last character
  // of the parameters (its buffer has no room for the NUL), so one blank is given up for it.
  const flags = pkcs11.CKF_OS_LOCKING_OK
  module.initialize(parameters === undefined ? { flags } : { flags, libraryParameters: `${parameters} ` })
  return { path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex'), functions, module }
}

/** Every token that is present, initialised or not. One that cannot be read is left out: it must not hide the others. */
export function listTokens(library: Library): FoundToken[] {
  const found: FoundToken[] = []
  const slots = library.module.getSlots(true)
  for (let i = 0; i < slots.length; i++) {
    const token = readable(() => describe(library, slots.items(i)))
    if (token !== undefined) found.push(token)
  }
  return found
}

/** The initialised token with this serial; undefined if it is not there. */
export function findToken(library: Library, serial: string): FoundToken | undefined {
  const matching = listTokens(library).filter((token) => token.facts.initialised && token.facts.serial === serial)
  // softokn3 shows two tokens with the serial 0000000000000000, of which one has a user and keeps keys.
  return matching.find((token) => (token.flags & TokenFlag.USER_PIN_INITIALIZED) !== 0) ?? matching[0]
}

function describe(library: Library, slot: Slot): FoundToken {
  const token = slot.getToken()
  return { slot: slot.handle, flags: token.flags, facts: factsOf(library, slot, token) }
}

function factsOf(library: Library, slot: Slot, token: Token): TokenFacts {
  const { module, path, sha256, functions } = library
  return {
    label: trimmed(token.label),
    serial: trimmed(token.serialNumber),
    manufacturer: trimmed(token.manufacturerID),
    model: trimmed(token.model),
    firmware: version(token.firmwareVersion),
    library: { description: trimmed(module.libraryDescription), version: version(module.libraryVersion), path, sha256 },
    initialised: (token.flags & TokenFlag.TOKEN_INITIALIZED) !== 0,
    hardwareSlot: (slot.flags & SlotFlag.HW_SLOT) !== 0,
    pin: {
      countLow: (token.flags & TokenFlag.USER_PIN_COUNT_LOW) !== 0,
      finalTry: (token.flags & TokenFlag.USER_PIN_FINAL_TRY) !== 0,
      locked: (token.flags & TokenFlag.USER_PIN_LOCKED) !== 0,
    },
    mechanisms: functions.C_GetMechanismList(slot.handle).length,
  }
}

/** Return values that say "not this slot"; everything else is a failure of the library. */
const UNREADABLE = new Set<number>([
  ckr.CKR_TOKEN_NOT_PRESENT, ckr.CKR_TOKEN_NOT_RECOGNIZED, ckr.CKR_DEVICE_REMOVED, ckr.CKR_DEVICE_ERROR,
  ckr.CKR_SLOT_ID_INVALID, ckr.CKR_GENERAL_ERROR, ckr.CKR_FUNCTION_FAILED,
])

function readable(read: () => FoundToken): FoundToken | undefined {
  try {
    return read()
  } catch (error) {
    const value = ckrOf(error)
    if (value !== undefined && UNREADABLE.has(value)) return undefined
    throw error
  }
}

/** Fixed-length texts are blank padded by the specification, NUL padded by some tokens. */
function trimmed(text: string): string {
  return text.replace(/[\0 ]+$/, '')
}

function version({ major, minor }: pkcs11.Version): string {
  return `${major}.${minor}`
}

function oneLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 300)
}
