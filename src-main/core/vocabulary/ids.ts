// Branded identifiers. A plain string becomes one of these only at a border that has checked its form.

declare const brand: unique symbol
type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** A key's id: a UUID in lower case, 8-4-4-4-12, or of a multi-Region key `mrk-` and 32 hex digits (AWS KMS KeyId without the ARN). */
export type KeyId = Branded<string, 'KeyId'>
/** A version of a key's material: 64 lower-case hex digits of 32 random bytes (AWS KMS KeyMaterialId). Never derived from material. */
export type MaterialId = Branded<string, 'MaterialId'>
/** A vault's id: a UUID in lower case. */
export type VaultId = Branded<string, 'VaultId'>
/** An HSM member's id: a UUID in lower case. */
export type MemberId = Branded<string, 'MemberId'>
/** An account: 12 decimal digits. */
export type AccountId = Branded<string, 'AccountId'>
/** An access key's id: 4 to 128 letters, digits and underscores; ours are AWS's form, `AKIA` and 16 more. */
export type AccessKeyId = Branded<string, 'AccessKeyId'>
/** A Region name as in ARNs, such as `us-east-1` or `lab`. */
export type Region = Branded<string, 'Region'>
/** A full alias name, `alias/…`. */
export type AliasName = Branded<string, 'AliasName'>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MULTI_REGION = /^mrk-[0-9a-f]{32}$/
const ACCOUNT = /^[0-9]{12}$/
const REGION = /^[a-z][a-z0-9-]{1,31}$/
const ACCESS_KEY = /^\w{4,128}$/
const MATERIAL = /^[0-9a-f]{64}$/

/** Undefined if the text is neither a lower-case UUID nor `mrk-` and 32 hex digits. */
export function asKeyId(text: string): KeyId | undefined {
  return UUID.test(text) || MULTI_REGION.test(text) ? (text as KeyId) : undefined
}

/** Undefined if the text is no lower-case UUID. */
export function asVaultId(text: string): VaultId | undefined {
  return UUID.test(text) ? (text as VaultId) : undefined
}

/** Undefined if the text is no lower-case UUID. */
export function asMemberId(text: string): MemberId | undefined {
  return UUID.test(text) ? (text as MemberId) : undefined
}

/** Undefined if the text is not 64 lower-case hex digits. */
export function asMaterialId(text: string): MaterialId | undefined {
  return MATERIAL.test(text) ? (text as MaterialId) : undefined
}

/** Undefined if the text is not 12 digits. */
export function asAccountId(text: string): AccountId | undefined {
  return ACCOUNT.test(text) ? (text as AccountId) : undefined
}

/** Undefined if the text is no Region name: a letter, then letters, digits and hyphens, 2 to 32 in all. */
export function asRegion(text: string): Region | undefined {
  return REGION.test(text) ? (text as Region) : undefined
}

/** Undefined if the text is not 4 to 128 letters, digits and underscores. */
export function asAccessKeyId(text: string): AccessKeyId | undefined {
  return ACCESS_KEY.test(text) ? (text as AccessKeyId) : undefined
}
