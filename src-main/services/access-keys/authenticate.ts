import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { AccessKeyRow, Store } from '#core/ports/store.ts'
import { readClaim, type SignatureClaim } from '#core/sigv4/claim.ts'
import type { ReceivedRequest } from '#core/sigv4/request.ts'
import { requireTimely, verifySignature } from '#core/sigv4/verify.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { asAccessKeyId, asRegion, type AccessKeyId } from '#core/vocabulary/ids.ts'
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
    const accessKey = store.read((tables) => activeKey(tables.accessKeys.get, claim))
    requireTimely(claim, ambient.now())
    if (claim.scope.service !== service) throw invalid(`Credential should be scoped to correct service: '${service}'.`)
    const region = asRegion(claim.scope.region)
    if (region === undefined || !store.read((tables) => tables.vault.declares({ account: accessKey.account, region }))) {
      throw invalid('Credential should be scoped to a valid region.')
    }
    signingKeys.use(accessKey.id, claim.scope, (key) => { verifySignature(crypto, key, claim, request) })
    return { principal: { type: 'Root', arn: accessKey.principal, account: accessKey.account }, region, accessKeyId: accessKey.id }
  }
}

function activeKey(get: (id: AccessKeyId) => AccessKeyRow | undefined, claim: SignatureClaim): AccessKeyRow {
  const id = asAccessKeyId(claim.accessKeyId)
  const row = id && get(id)
  // There are no temporary credentials yet: a token with a lasting key is as wrong as an unknown key.
  if (row === undefined || !row.active || claim.securityToken !== undefined) throw new VaultError('UnrecognizedClientException')
  return row
}

function invalid(text: string): VaultError {
  return new VaultError('InvalidSignatureException', { text })
}
