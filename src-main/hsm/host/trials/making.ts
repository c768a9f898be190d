import { randomBytes } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { KEY_LENGTH, isValue } from '../templates.ts'
import { NotThere, must, type Trial } from './trial.ts'
import { secretTemplate, type SecretWish } from './wishes.ts'

const mechanisms = { aes: pkcs11.CKM_AES_KEY_GEN, generic: pkcs11.CKM_GENERIC_SECRET_KEY_GEN } as const

/** A sealed key as the checks use it, with the usage of a vault's material of this type. */
export function sealedKey(trial: Trial, keyType: SecretWish['keyType'] = sealable(trial)): pkcs11.Handle {
  return trial.generate(mechanisms[keyType], { ...sealedWish(keyType), length: KEY_LENGTH })
}

export function generateSealed(keyType: SecretWish['keyType']) {
  return (trial: Trial): undefined => {
    const wish = { ...sealedWish(keyType), length: KEY_LENGTH }
    const key = trial.keep(trial.timed(() => trial.functions.C_GenerateKey(trial.token.keeper, { mechanism: mechanisms[keyType] }, secretTemplate(wish))))
    mustKeep(trial, key, wish)
  }
}

export function importSealed(trial: Trial): undefined {
  const wish = sealedWish('aes')
  const key = trial.keep(
    trial.timed(() => trial.functions.C_CreateObject(trial.token.keeper, secretTemplate(wish, [{ type: pkcs11.CKA_VALUE, value: randomBytes(KEY_LENGTH) }]))),
  )
  mustKeep(trial, key, wish)
}

export function origin(trial: Trial): undefined {
  const key = sealedKey(trial)
  for (const name of ['CKA_LOCAL', 'CKA_ALWAYS_SENSITIVE', 'CKA_NEVER_EXTRACTABLE'] as const) {
    must(trial.flag(key, pkcs11[name]) === true, `${name} is not true for a key that was made in the token`)
  }
}

export function random(trial: Trial, sizes: readonly number[]): undefined {
  let ones = 0
  let bits = 0
  for (const size of sizes) {
    const [first, second] = [draw(trial, size), draw(trial, size)]
    must(first.length === size && second.length === size, 'not as many bytes as asked for')
    must(!first.equals(second), 'the same bytes twice')
    for (const byte of Buffer.concat([first, second])) ones += bitsIn(byte)
    bits += 16 * size
  }
  // Eight standard deviations: a healthy source is outside once in 10^15 times, a stuck one always.
  must(Math.abs(ones - bits / 2) < 4 * Math.sqrt(bits), 'ones and zeros are out of balance')
}

/** Throws WrongAnswer if an attribute that was stated does not read back as stated. */
function mustKeep(trial: Trial, key: pkcs11.Handle, wish: SecretWish): void {
  const names = new Map(Object.entries(pkcs11).map(([name, value]) => [name.startsWith('CKA_') ? value : undefined, name]))
  for (const { type, value } of secretTemplate(wish)) {
    if (typeof value !== 'boolean' && typeof value !== 'number') continue
    must(isValue(trial.attribute(key, type), value), `${names.get(type) ?? 'an attribute'} does not read back as asked`)
  }
}

function sealedWish(keyType: SecretWish['keyType']): SecretWish {
  return { keyType, kept: 'sealed', uses: keyType === 'aes' ? ['encrypt', 'decrypt', 'sign', 'verify'] : ['sign', 'verify'] }
}

/** A kind of secret key that the token says it makes. */
function sealable(trial: Trial): SecretWish['keyType'] {
  if (trial.lists(pkcs11.CKM_AES_KEY_GEN)) return 'aes'
  if (trial.lists(pkcs11.CKM_GENERIC_SECRET_KEY_GEN)) return 'generic'
  throw new NotThere('the token makes no secret keys')
}

function draw(trial: Trial, size: number): Buffer {
  return trial.timed((session) => trial.functions.C_GenerateRandom(session, Buffer.alloc(size)))
}

function bitsIn(byte: number): number {
  let count = 0
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1
  return count
}
