import type { Scope } from '../ports/store.ts'
import type { AccountId, AliasName, KeyId } from '../vocabulary/ids.ts'

/** `arn:aws:kms:REGION:ACCOUNT:key/UUID`. */
export function keyArn(key: Scope & { readonly id: KeyId }): string {
  return `arn:aws:kms:${key.region}:${key.account}:key/${key.id}`
}

/** `arn:aws:kms:REGION:ACCOUNT:alias/NAME`. */
export function aliasArn(scope: Scope, name: AliasName): string {
  return `arn:aws:kms:${scope.region}:${scope.account}:${name}`
}

/** The account's root: `arn:aws:iam::ACCOUNT:root`. */
export function rootArn(account: AccountId): string {
  return `arn:aws:iam::${account}:root`
}

/** A user, a role or a group: `arn:aws:iam::ACCOUNT:user/NAME`. */
export function principalArn(account: AccountId, kind: 'user' | 'role' | 'group', name: string): string {
  return `arn:aws:iam::${account}:${kind}/${name}`
}
