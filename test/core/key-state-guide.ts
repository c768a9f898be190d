// The matrix of the AWS KMS developer guide, "Key states of AWS KMS keys", read a second time: a row per operation, a column per state,
// each cell the failure that the guide's footnote names.

/** The failure behind a footnote, as code and text; undefined for `ok`. */
export function failureOfNote(note: string, arn: string): readonly [code: string, message: string] | undefined {
  const rows: Readonly<Record<string, readonly [string, string] | undefined>> = {
    ok: undefined,
    1: ['DisabledException', `${arn} is disabled.`],
    2: ['DisabledException', `${arn} is pending deletion.`],
    3: ['KMSInvalidStateException', `${arn} is pending deletion.`],
    '2r': ['DisabledException', `${arn} is pending replica deletion.`],
    '3r': ['KMSInvalidStateException', `${arn} is pending replica deletion.`],
    4: ['KMSInvalidStateException', `${arn} is not pending deletion.`],
    5: ['KMSInvalidStateException', `${arn} is pending import.`],
    6: ['UnsupportedOperationException', `${arn} origin is EXTERNAL which is not valid for this operation.`],
    11: ['KMSInvalidStateException', `${arn} is unavailable.`],
  }
  if (!(note in rows)) throw new Error(`no such footnote: ${note}`)
  return rows[note]
}

const GUIDE = `
operation                       Enabled Disabled PendingDeletion PendingReplicaDeletion PendingImport Unavailable
CancelKeyDeletion               4       4        ok              ok                     4             4
CreateAlias                     ok      ok       3               3r                     ok            ok
CreateGrant                     ok      1        2               2r                     5             11
Decapsulate                     ok      1        2               2r                     5             11
Decrypt                         ok      1        2               2r                     5             11
DeleteAlias                     ok      ok       ok              ok                     ok            ok
DeleteImportedKeyMaterial       ok      ok       ok              ok                     ok            11
DeriveSharedSecret              ok      1        2               2r                     5             11
DescribeKey                     ok      ok       ok              ok                     ok            ok
DisableKey                      ok      ok       3               3r                     5             ok
DisableKeyRotation              ok      1        3               3r                     6             11
EnableKey                       ok      ok       3               3r                     5             ok
EnableKeyRotation               ok      1        3               3r                     6             11
Encapsulate                     ok      1        2               2r                     5             11
Encrypt                         ok      1        2               2r                     5             11
GenerateDataKey                 ok      1        2               2r                     5             11
GenerateDataKeyPair             ok      1        2               2r                     5             11
GenerateDataKeyPairWithoutPlaintext ok      1        2               2r                     5             11
GenerateDataKeyWithoutPlaintext ok      1        2               2r                     5             11
GenerateMac                     ok      1        2               2r                     5             11
GetKeyLastUsage                 ok      ok       ok              ok                     ok            ok
GetKeyPolicy                    ok      ok       ok              ok                     ok            ok
GetKeyRotationStatus            ok      ok       ok              ok                     6             ok
GetParametersForImport          ok      ok       3               3r                     ok            11
GetPublicKey                    ok      1        2               2r                     5             11
ImportKeyMaterial               ok      ok       3               3r                     ok            11
ListAliases                     ok      ok       ok              ok                     ok            ok
ListGrants                      ok      ok       ok              ok                     ok            ok
ListKeyPolicies                 ok      ok       ok              ok                     ok            ok
ListKeyRotations                ok      ok       ok              ok                     ok            ok
ListResourceTags                ok      ok       ok              ok                     ok            ok
PutKeyPolicy                    ok      ok       ok              ok                     ok            ok
ReEncrypt                       ok      1        2               2r                     5             11
ReplicateKey                    ok      1        2               2r                     5             11
RetireGrant                     ok      ok       ok              ok                     ok            ok
RevokeGrant                     ok      ok       ok              ok                     ok            ok
RotateKeyOnDemand               ok      1        3               3r                     5             11
ScheduleKeyDeletion             ok      ok       3               3r                     ok            ok
Sign                            ok      1        2               2r                     5             11
TagResource                     ok      ok       3               3r                     ok            ok
UntagResource                   ok      ok       3               3r                     ok            ok
UpdateAlias                     ok      ok       3               3r                     ok            ok
UpdateKeyDescription            ok      ok       3               3r                     ok            ok
UpdatePrimaryRegion             ok      1        2               2r                     5             11
Verify                          ok      1        2               2r                     5             11
VerifyMac                       ok      1        2               2r                     5             11
`

const [head = [], ...lines] = GUIDE.trim().split('\n').map((line) => line.split(/\s+/))
/** Operation, state, footnote. */
export const cells = lines.flatMap(([operation = '', ...notes]) => notes.map((note, i) => [operation, head[i + 1] ?? '', note] as const))

export const guideStates = head.slice(1)
