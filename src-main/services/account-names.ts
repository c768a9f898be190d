import type { Ambient } from '#core/ports/ambient.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { asAccountId, asRegion, type AccountId, type Region } from '#core/vocabulary/ids.ts'

/** The account that a person named; a random one if they named none. Throws ValidationException. */
export function chosenAccount(ambient: Ambient, text: string | undefined): AccountId {
  if (text === undefined) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = ambient.random(6)
    const number = (((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f) % 1e12
    return String(number).padStart(12, '0') as AccountId
  }
  const account = asAccountId(text)
  if (account === undefined) throw new VaultError('ValidationException', { text: 'An account is 12 digits.' })
  return account
}

/** The Region that a person named. Throws ValidationException. */
export function chosenRegion(text: string): Region {
  const region = asRegion(text)
  if (region === undefined) throw new VaultError('ValidationException', { text: 'A Region is 2 to 32 lower-case letters, digits and hyphens, such as us-east-1 or lab.' })
  return region
}
