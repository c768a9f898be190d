import type { Scope } from '../ports/store.ts'
import { VaultError } from '../vocabulary/failures.ts'
import { asAccountId, asKeyId, asRegion, type AliasName, type KeyId } from '../vocabulary/ids.ts'

/** What a KeyId member names: a key, or an alias of one, each with its scope. */
export type KeyReference =
  | { readonly kind: 'key'; readonly scope: Scope; readonly id: KeyId }
  | { readonly kind: 'alias'; readonly scope: Scope; readonly name: AliasName }

/** Which forms an operation takes (core/keys/operations.ts): `key` is id and key ARN, `any` also alias name and alias ARN. */
export type ReferenceForms = 'key' | 'any'

/**
 * Reads a KeyId member: key id, key ARN, alias name or alias ARN. Names without a scope are in the caller's.
 * Throws NotFoundException and ValidationException with AWS's texts.
 */
export function parseReference(text: string, caller: Scope, forms: ReferenceForms): KeyReference {
  const { scope, resource } = text.startsWith('arn:') ? splitArn(text, caller) : { scope: caller, resource: text }
  const isArn = text !== resource
  if (resource.startsWith('alias/')) {
    if (forms === 'key') throw new VaultError('NotFoundException', { text: `Invalid keyId '${text}'` })
    return { kind: 'alias', scope, name: resource as AliasName }
  }
  const id = asKeyId(isArn ? resource.replace(/^key\//, '') : resource)
  if (id === undefined || (isArn && !resource.startsWith('key/'))) {
    throw new VaultError('NotFoundException', { text: `Invalid keyId '${text}'` })
  }
  return { kind: 'key', scope, id }
}

function splitArn(text: string, caller: Scope): { scope: Scope; resource: string } {
  const [, partition, service, regionText = '', accountText = '', ...rest] = text.split(':')
  const region = asRegion(regionText)
  const account = asAccountId(accountText)
  if (partition !== 'aws' || service !== 'kms' || region === undefined || account === undefined || rest.length === 0) {
    throw new VaultError('NotFoundException', { text: `Invalid arn ${text}` })
  }
  // A key of another Region is not reached by its ARN; the real service names the Region that was asked.
  if (region !== caller.region) throw new VaultError('NotFoundException', { text: `Invalid arn ${region}` })
  return { scope: { account, region }, resource: rest.join(':') }
}
