import type { AccessKeyRow, AliasRow, IntentRow, KeyRow, MaterialRow, MemberPins, MemberRow, VaultRow } from '#core/ports/store.ts'
import type { TokenProfile } from '#core/tokens/profile.ts'
import { asAccessKeyId, asAccountId, asKeyId, asMaterialId, asMemberId, asRegion, asVaultId, type AliasName } from '#core/vocabulary/ids.ts'

// Rows with everything set; tests change what they are about.

export const scope = { account: sure(asAccountId('123456789012')), region: sure(asRegion('eu-central-1')) }
export const otherScope = { account: sure(asAccountId('210987654321')), region: scope.region }

export const vaultRow: VaultRow = { id: sure(asVaultId(uuid(1))), name: 'Laboratory', createdAt: 1_764_000_000_123, ...scope }

export const memberRow: MemberRow = {
  id: sure(asMemberId(uuid(2))),
  name: 'SoftHSM',
  library: 'softhsm',
  parameters: undefined,
  softToken: true,
  serial: '0123456789abcdef',
  rung: 1,
}

export const memberPins: MemberPins = { pin: Uint8Array.of(49, 50, 51, 52), pendingPin: undefined, soPin: Uint8Array.of(53, 54, 55, 56) }

export const profile: TokenProfile = {
  identity: { moduleHash: 'a'.repeat(64), libraryVersion: '2.6', model: 'SoftHSM v2', serial: memberRow.serial, firmware: '2.6' },
  claims: { manufacturer: 'SoftHSM project', model: 'SoftHSM v2', library: 'Implementation of PKCS11', hardwareSlot: false },
  edition: 1,
  at: 1_764_000_000_000,
  milliseconds: 1600,
  results: {
    'aes-gcm': { outcome: 'works', detail: 'host-iv', microseconds: 20 },
    'rsa-oaep-sha-256': { outcome: 'refused', ckr: 'CKR_ARGUMENTS_BAD' },
    'wrap-aes-kwp': { outcome: 'absent' },
  },
}

export function keyRow(n: number, change: Partial<KeyRow> = {}): KeyRow {
  return {
    id: sure(asKeyId(uuid(n))),
    ...scope,
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    protection: 'HSM',
    state: 'Enabled',
    description: 'für Prüfungen \u{1f511}',
    policy: '{"Version":"2012-10-17"}',
    createdAt: 1_764_000_000_000 + n,
    currentMaterial: materialId(n),
    tags: [{ TagKey: 'zone', TagValue: 'b' }, { TagKey: 'app', TagValue: '' }],
    rotation: undefined,
    deletesAt: undefined,
    multiRegion: undefined,
    pendingWindow: undefined,
    lastUsed: undefined,
    ...change,
  }
}

export function materialRow(n: number, change: Partial<MaterialRow> = {}): MaterialRow {
  return {
    id: materialId(n),
    keyId: sure(asKeyId(uuid(n))),
    memberId: memberRow.id,
    ckaId: Uint8Array.from({ length: 16 }, (_, i) => i),
    kind: 'aes-256',
    rung: 1,
    checkValue: new Uint8Array(16).fill(n),
    publicKey: undefined,
    sealedKey: undefined,
    createdAt: 1_764_000_000_000 + n,
    reserved: 0,
    cause: 'CREATE',
    imported: undefined,
    ...change,
  }
}

export function aliasRow(n: number, name: string, change: Partial<AliasRow> = {}): AliasRow {
  return { ...scope, name: name as AliasName, keyId: sure(asKeyId(uuid(n))), createdAt: 5, updatedAt: 6, ...change }
}

export function accessKeyRow(id: string, change: Partial<AccessKeyRow> = {}): AccessKeyRow {
  return { id: sure(asAccessKeyId(id)), account: scope.account, principal: 'arn:aws:iam::123456789012:root', active: true, createdAt: 5, usedAt: undefined, ...change }
}

export function intentRow(n: number): IntentRow {
  return {
    id: `intent-${n}`,
    kind: 'create-material',
    keyId: sure(asKeyId(uuid(n))),
    materialId: materialId(n),
    memberId: memberRow.id,
    ckaId: new Uint8Array(16).fill(n),
    createdAt: 7,
  }
}

export function uuid(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
}

export function materialId(n: number): MaterialRow['id'] {
  return sure(asMaterialId(n.toString(16).padStart(64, '0')))
}

function sure<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the test gives a bad id')
  return value
}
