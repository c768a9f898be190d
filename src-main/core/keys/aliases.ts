import { VaultError } from '../vocabulary/failures.ts'
import type { AliasName } from '../vocabulary/ids.ts'

/** Aliases that one key may have (AWS KMS quota). */
export const ALIASES_PER_KEY = 50

/**
 * A new alias's name, checked as AWS checks it beyond the pattern. Throws ValidationException, InvalidAliasNameException,
 * NotAuthorizedException for `alias/aws/…`, which is the service's own.
 */
export function newAliasName(text: string): AliasName {
  if (!text.startsWith('alias/')) {
    throw new VaultError('ValidationException', {
      text: 'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    })
  }
  if (text.startsWith('alias/aws/') || text === 'alias/aws') throw new VaultError('NotAuthorizedException', { text: 'Names under alias/aws are reserved.' })
  // ':' passes the model's pattern, and the service refuses it all the same.
  if (text.includes(':') || text === 'alias/') {
    throw new VaultError('InvalidAliasNameException', { text: `${text} contains invalid characters for an alias` })
  }
  return text as AliasName
}
