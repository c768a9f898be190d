import pkcs11 from 'pkcs11js'
import type { TokenFacts } from '#core/ports/hsm.ts'
import { listTokens, type Library } from './library.ts'
import { Refused } from './refusal.ts'
import { pinText } from './token.ts'

/** CK_TOKEN_INFO.label: 32 bytes of UTF-8, blank padded. */
const LABEL_LENGTH = 32

/** Initialises the first uninitialised token and sets its user PIN. Refuses with `noSlot`. */
export function initialiseToken(library: Library, label: string, soPin: Uint8Array, pin: Uint8Array): TokenFacts {
  const { functions } = library
  const before = listTokens(library)
  const free = before.find((token) => !token.facts.initialised)
  if (free === undefined) throw new Refused({ kind: 'noSlot' })
  functions.C_InitToken(free.slot, pinText(soPin), paddedLabel(label))

  // Slot ids may change with the initialisation, so the new token is looked for by what is new about it.
  const known = new Set(before.filter((token) => token.facts.initialised).map((token) => token.facts.serial))
  const made = listTokens(library).find((token) => token.facts.initialised && token.facts.label === label && !known.has(token.facts.serial))
  if (made === undefined) throw new Refused({ kind: 'noToken' })

  const session = functions.C_OpenSession(made.slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION)
  functions.C_Login(session, pkcs11.CKU_SO, pinText(soPin))
  functions.C_InitPIN(session, pinText(pin))
  functions.C_Logout(session)
  functions.C_CloseSession(session)
  return listTokens(library).find((token) => token.facts.serial === made.facts.serial)?.facts ?? made.facts
}

/** pkcs11js gives the text to C_InitToken as it is, and the module reads 32 bytes: a short one would be filled from the heap. */
function paddedLabel(label: string): string {
  const length = Buffer.byteLength(label, 'utf8')
  if (length > LABEL_LENGTH) throw new Refused({ kind: 'fault', text: 'a token label longer than 32 bytes' })
  return label + ' '.repeat(LABEL_LENGTH - length)
}
