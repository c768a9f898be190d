import pkcs11 from 'pkcs11js'
import type { ArgumentsOf, OperationName } from '../protocol.ts'
import { readAttributes } from './attributes.ts'
import { importKey } from './imports.ts'
import { initialiseToken } from './initialise.ts'
import { destroyKey, findKey, findKeys, generateKey } from './keys.ts'
import { findToken, listTokens, loadLibrary, type Library } from './library.ts'
import { PrivateKeys } from './private-keys.ts'
import { Refused } from './refusal.ts'
import { Sealing } from './sealing.ts'
import { OpenToken } from './token.ts'
import { Trials } from './trials/trials.ts'
import type { TypedPin } from './typed-pin.ts'

/** What the host does for each operation. Results are read by the owner, so `unknown` is enough here. */
export type Answers = { readonly [Name in OperationName]: (...given: ArgumentsOf<Name>) => unknown }

/** The answers of a host that has loaded nothing yet. All run to their end before the next: PKCS#11 calls are synchronous. */
export function createAnswers(typedPin: TypedPin): Answers {
  let library: Library | undefined
  let opened: { readonly token: OpenToken; readonly sealing: Sealing; readonly privateKeys: PrivateKeys; readonly trials: Trials } | undefined
  const loaded = () => library ?? misused('no library is loaded')
  const token = () => opened?.token ?? misused('no token is open')
  const sealing = () => opened?.sealing ?? misused('no token is open')
  const privateKeys = () => opened?.privateKeys ?? misused('no token is open')
  const trials = () => opened?.trials ?? misused('no token is open')

  return {
    load: (path, parameters) => {
      library = loadLibrary(path, parameters)
    },
    tokens: () => listTokens(loaded()).map(({ facts }) => facts),
    initialise: (label, soPin, pin) => initialiseToken(loaded(), label, soPin, pin),
    open: (serial) => {
      const found = findToken(loaded(), serial)
      if (found === undefined) throw new Refused({ kind: 'noToken' })
      const loginRequired = (found.flags & pkcs11.CKF_LOGIN_REQUIRED) !== 0
      const open = new OpenToken(loaded(), found.slot, { loginRequired })
      opened = { token: open, sealing: new Sealing(open), privateKeys: new PrivateKeys(open), trials: new Trials(open, found.slot) }
      return { facts: found.facts, loginRequired }
    },
    login: (pin) => { token().login(pin) },
    loginTyped: () => { typedPin.use((pin) => { token().login(pin) }) },
    generateKey: (kind, ckaId, label) => generateKey(token(), kind, ckaId, label),
    importKey: (...given) => importKey(token(), privateKeys(), ...given),
    findKey: (ckaId) => findKey(token(), ckaId),
    findKeys: (labelPrefix) => findKeys(token(), labelPrefix),
    destroyKey: (ckaId, label) => destroyKey(token(), ckaId, label),
    encrypt: (ckaId, iv, aad, plaintext) => sealing().encrypt(ckaId, iv, aad, plaintext),
    encryptRandom: (ckaId, iv, aad, length) => sealing().encryptRandom(ckaId, iv, aad, length),
    decrypt: (ckaId, iv, aad, sealed) => sealing().decrypt(ckaId, iv, aad, sealed),
    mac: (ckaId, data, kind) => sealing().mac(ckaId, data, kind),
    sign: (ckaId, scheme, data) => privateKeys().sign(ckaId, scheme, data),
    rsaDecrypt: (ckaId, scheme, ciphertext) => privateKeys().rsaDecrypt(ckaId, scheme, ciphertext),
    derive: (ckaId, point) => privateKeys().derive(ckaId, point),
    attributes: (ckaId) => readAttributes(token(), ckaId),
    random: (length) => sealing().random(length),
    tryOut: (check) => trials().run(check),
    tryOutSlowly: (check) => trials().run(check),
  }
}

function misused(text: string): never {
  throw new Refused({ kind: 'fault', text })
}
