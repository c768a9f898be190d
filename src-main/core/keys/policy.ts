import { VaultError } from '../vocabulary/failures.ts'
import type { AccountId } from '../vocabulary/ids.ts'
import { rootArn } from './arn.ts'

/** The key policy that CreateKey gives where the caller gives none: the account's root may do all, and IAM policies count (AWS KMS default). */
export function defaultKeyPolicy(account: AccountId): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: rootArn(account) },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  })
}

const VERSIONS: readonly unknown[] = ['2012-10-17', '2008-10-17', undefined]
const MEMBERS = new Set(['Version', 'Id', 'Statement'])
const STATEMENT_MEMBERS = new Set(['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'])

/**
 * A key policy as given, checked for the grammar of a policy document. Throws MalformedPolicyDocumentException. What it allows is not
 * looked at here.
 */
export function newKeyPolicy(text: string): string {
  const document = parsed(text)
  if (!isObject(document) || Object.keys(document).some((name) => !MEMBERS.has(name))) throw malformed('it must be an object with Version, Id and Statement')
  if (!VERSIONS.includes(document['Version'])) throw malformed('its Version must be 2012-10-17 or 2008-10-17')
  const statements = Array.isArray(document['Statement']) ? (document['Statement'] as unknown[]) : [document['Statement']]
  if (statements.length === 0) throw malformed('it has no statement')
  for (const statement of statements) requireStatement(statement)
  return text
}

function requireStatement(statement: unknown): void {
  if (!isObject(statement)) throw malformed('a statement must be an object')
  const unknown = Object.keys(statement).find((name) => !STATEMENT_MEMBERS.has(name))
  if (unknown !== undefined) throw malformed('a statement has a member that no policy has')
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny') throw malformed('the Effect of a statement must be Allow or Deny')
  for (const [one, other] of [['Principal', 'NotPrincipal'], ['Action', 'NotAction'], ['Resource', 'NotResource']] as const) {
    if ((statement[one] === undefined) === (statement[other] === undefined)) throw malformed(`a statement must have ${one} or ${other}, and not both`)
  }
  for (const member of ['Action', 'NotAction', 'Resource', 'NotResource']) {
    if (statement[member] !== undefined && !isTextOrTexts(statement[member])) throw malformed(`${member} must be a text or a list of texts`)
  }
  for (const member of ['Principal', 'NotPrincipal']) {
    const principal = statement[member]
    if (principal === undefined || principal === '*') continue
    if (!isObject(principal) || !Object.values(principal).every(isTextOrTexts)) throw malformed(`${member} must be "*" or an object such as {"AWS": "arn:…"}`)
  }
  const condition = statement['Condition']
  if (condition !== undefined && !(isObject(condition) && Object.values(condition).every(isObject))) throw malformed('Condition must be an object of objects')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed('it is no JSON')
    throw error
  }
}

function isTextOrTexts(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string'))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(why: string): VaultError {
  return new VaultError('MalformedPolicyDocumentException', { text: `The policy document is malformed: ${why}.` })
}
