import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Store, Tables } from '#core/ports/store.ts'
import { rootArn } from '#core/keys/arn.ts'
import { readClaim, type SignatureClaim } from '#core/sigv4/claim.ts'
import type { ReceivedRequest } from '#core/sigv4/request.ts'
import { requireTimely, verifySignature } from '#core/sigv4/verify.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { asAccessKeyId, asRegion } from '#core/vocabulary/ids.ts'
import type { Signer } from '../sessions.ts'
import type { SigningKeys } from './signing-keys.ts'

/**
 * The signer of a request to the given service (`kms`). Throws MissingAuthenticationTokenException, IncompleteSignatureException,
 * UnrecognizedClientException, InvalidSignatureException, RequestExpired.
 */
export type Authenticate = (request: ReceivedRequest, service: string) => Signer

export function createAuthenticate(parts: { ambient: Ambient; crypto: Crypto; store: Store; signingKeys: SigningKeys }): Authenticate {
  const { ambient, crypto, store, signingKeys } = parts
  return (request, service) => {
    const claim = readClaim(request)
    // There are no temporary credentials yet: a token with a lasting key is as wrong as an unknown key.
    if (claim.securityToken !== undefined) throw new VaultError('UnrecognizedClientException')
    if (claim.scope.service !== service) throw invalid(`Credential should be scoped to correct service: '${service}'.`)
    return signingKeys.use(
      claim,
      () => store.read((tables) => claimedSigner(tables, claim)),
      (key) => {
        requireTimely(claim, ambient.now())
        verifySignature(crypto, key, claim, request)
      },
    )
  }
}

/** Who a claim says that it is from; not proven yet. */
function claimedSigner(tables: Tables, claim: SignatureClaim): Signer {
  const id = asAccessKeyId(claim.accessKeyId)
  const row = id && tables.accessKeys.get(id)
  if (row?.active !== true) throw new VaultError('UnrecognizedClientException')
  const region = asRegion(claim.scope.region)
  if (region === undefined || !tables.vault.declares({ account: row.account, region })) throw invalid('Credential should be scoped to a valid region.')
  const type = row.principal === rootArn(row.account) ? 'Root' : tables.principals.get(row.principal)?.kind
  if (type === undefined) throw new VaultError('UnrecognizedClientException')
  return { principal: { type, arn: row.principal, account: row.account }, region, accessKeyId: row.id }
}

function invalid(text: string): VaultError {
  return new VaultError('InvalidSignatureException', { text })
}
