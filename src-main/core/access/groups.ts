import type { NamedPolicy } from './evaluate.ts'
import { parsePolicy } from './parse.ts'

// The ready-made groups of each account: their policies are these documents, and nobody edits them. What a member may do with a key is the
// key policy's to say as well: these count where it has the root statement.

const READS = [
  'kms:Describe*', 'kms:Get*', 'kms:List*', 'iam:Get*', 'iam:List*', 'iam:Simulate*', 'holdfast:List*', 'holdfast:Read*', 'holdfast:Check*',
]

/** What uses a key: a key administrator is another person than a key user. */
const USES = [
  'kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:GenerateMac', 'kms:VerifyMac', 'kms:Sign', 'kms:Verify', 'kms:DeriveSharedSecret', 'kms:Encapsulate',
  'kms:Decapsulate',
]

const FILES = ['BrowseFolder', 'EncryptFile', 'DecryptFile', 'VerifyFile', 'ReencryptFile', 'EncryptFolder', 'DecryptFolder', 'PrepareUpload', 'ReceiveUpload', 'SendDownload'].map((name) => `holdfast:${name}`)

const documents = {
  /**
   * The vault, its people and all keys as their policies let them, but no use of a key: nor is one lent, as AWS's key administrators lend none.
   * Who administers can give rights to others, and is on the record with it.
   */
  administrators: [{ Sid: 'Administer', Effect: 'Allow', NotAction: [...USES, 'kms:CreateGrant', ...FILES], Resource: '*' }],
  /** What a desk does with keys and files; each key's own policy says which keys. */
  users: [
    { Sid: 'Look', Effect: 'Allow', Action: ['kms:ListKeys', 'kms:ListAliases', 'holdfast:ReadClock', 'holdfast:ListIssuedDataKeys', 'holdfast:ReadHsmProfile', 'holdfast:ReadEndpointAuthority', 'holdfast:CheckHsmHealth'], Resource: '*' },
    { Sid: 'Files', Effect: 'Allow', Action: FILES, Resource: '*' },
    { Sid: 'Use', Effect: 'Allow', Action: ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:GenerateRandom', ...USES], Resource: '*' },
  ],
  /** Read everything, use nothing: proving and exporting the trail are reading it. */
  auditors: [{ Sid: 'Read', Effect: 'Allow', Action: [...READS, 'holdfast:VerifyAudit', 'holdfast:ExportAudit', 'holdfast:SignAuditCheckpoint'], Resource: '*' }],
} as const

export type ReadyGroup = keyof typeof documents

export const readyGroups = Object.keys(documents) as readonly ReadyGroup[]

/** The policy of a ready-made group, as JSON text. */
export function readyPolicy(group: ReadyGroup): string {
  return JSON.stringify({ Version: '2012-10-17', Id: `holdfast-${group}`, Statement: documents[group] }, undefined, 2)
}

const parsed = new Map(readyGroups.map((name) => [name as string, { name: `group ${name}`, document: parsePolicy(readyPolicy(name), 'identity') }]))

/** Undefined if no ready-made group has this name. */
export function readyGroupPolicy(name: string): NamedPolicy | undefined {
  return parsed.get(name)
}
