import type { Handle } from 'pkcs11js'
import type { SecretKind } from '#core/ports/hsm.ts'
import { asked, kinds, templateOf } from './templates.ts'
import type { OpenToken } from './token.ts'

/** A key that is never written to the token: it belongs to the keeper session, so a failed operation elsewhere does not lose it. */
export function sessionKey(token: OpenToken, kind: SecretKind): Handle {
  return token.functions.C_GenerateKey(token.keeper, { mechanism: kinds[kind].generate }, templateOf(asked(kind, 'session')))
}
