import { describe, expect, it } from 'vitest'
import { requireState, type KeyOperation } from '#core/keys/states.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { keyStates, type KeyState } from '#core/vocabulary/kms.ts'

// The matrix of the AWS KMS developer guide, "Key states of AWS KMS keys", read a second time: a row per operation, a column per state,
// each cell the failure that the guide's footnote names.

const ARN = 'arn:aws:kms:lab:441722089135:key/3019d84f-7c20-45e2-a445-826d9bc09206'
const FAILURES = {
  ok: undefined,
  1: ['DisabledException', `${ARN} is disabled.`],
  2: ['DisabledException', `${ARN} is pending deletion.`],
  3: ['KMSInvalidStateException', `${ARN} is pending deletion.`],
  '2r': ['DisabledException', `${ARN} is pending replica deletion.`],
  '3r': ['KMSInvalidStateException', `${ARN} is pending replica deletion.`],
  4: ['KMSInvalidStateException', `${ARN} is not pending deletion.`],
  11: ['KMSInvalidStateException', `${ARN} is unavailable.`],
} as const

const GUIDE = `
operation                       Enabled Disabled PendingDeletion PendingReplicaDeletion Unavailable
CancelKeyDeletion               4       4        ok              ok                     4
CreateAlias                     ok      ok       3               3r                     ok
CreateGrant                     ok      1        2               2r                     11
Decapsulate                     ok      1        2               2r                     11
Decrypt                         ok      1        2               2r                     11
DeleteAlias                     ok      ok       ok              ok                     ok
DeriveSharedSecret              ok      1        2               2r                     11
DescribeKey                     ok      ok       ok              ok                     ok
DisableKey                      ok      ok       3               3r                     ok
DisableKeyRotation              ok      1        3               3r                     11
EnableKey                       ok      ok       3               3r                     ok
EnableKeyRotation               ok      1        3               3r                     11
Encapsulate                     ok      1        2               2r                     11
Encrypt                         ok      1        2               2r                     11
GenerateDataKey                 ok      1        2               2r                     11
GenerateDataKeyPair             ok      1        2               2r                     11
GenerateDataKeyPairWithoutPlaintext ok 1 2 2r 11
GenerateDataKeyWithoutPlaintext ok      1        2               2r                     11
GenerateMac                     ok      1        2               2r                     11
GetKeyLastUsage                 ok      ok       ok              ok                     ok
GetKeyPolicy                    ok      ok       ok              ok                     ok
GetKeyRotationStatus            ok      ok       ok              ok                     ok
GetPublicKey                    ok      1        2               2r                     11
ListAliases                     ok      ok       ok              ok                     ok
ListGrants                      ok      ok       ok              ok                     ok
ListKeyPolicies                 ok      ok       ok              ok                     ok
ListKeyRotations                ok      ok       ok              ok                     ok
ListResourceTags                ok      ok       ok              ok                     ok
PutKeyPolicy                    ok      ok       ok              ok                     ok
ReEncrypt                       ok      1        2               2r                     11
ReplicateKey                    ok      1        2               2r                     11
RetireGrant                     ok      ok       ok              ok                     ok
RevokeGrant                     ok      ok       ok              ok                     ok
RotateKeyOnDemand               ok      1        3               3r                     11
ScheduleKeyDeletion             ok      ok       3               3r                     ok
Sign                            ok      1        2               2r                     11
TagResource                     ok      ok       3               3r                     ok
UntagResource                   ok      ok       3               3r                     ok
UpdateAlias                     ok      ok       3               3r                     ok
UpdateKeyDescription            ok      ok       3               3r                     ok
UpdatePrimaryRegion             ok      1        2               2r                     11
Verify                          ok      1        2               2r                     11
VerifyMac                       ok      1        2               2r                     11
`

const [head = [], ...rows] = GUIDE.trim().split('\n').map((line) => line.split(/\s+/))
const cells = rows.flatMap(([operation = '', ...verdicts]) => verdicts.map((verdict, i) => [operation, head[i + 1] ?? '', verdict] as const))

describe('key states', () => {
  it('are all in the guide\'s matrix', () => {
    expect(head.slice(1).sort()).toEqual([...keyStates].sort())
  })

  it.each(cells)('%s on a key that is %s: %s', (operation, state, verdict) => {
    expect(failureOf(operation as KeyOperation, state as KeyState)).toEqual(FAILURES[verdict as keyof typeof FAILURES])
  })
})

function failureOf(operation: KeyOperation, state: KeyState): readonly [string, string] | undefined {
  try {
    requireState(operation, state, ARN)
    return undefined
  } catch (error) {
    if (error instanceof VaultError) return [error.code, error.message]
    throw error
  }
}
