import { DAY, HOUR, movableClocks, type MovableClocks } from '../services/clocks.ts'
import { secret, vaultAt, type TemporaryVault } from '../services/temporary-vault.ts'

export const LAB_PASSPHRASE = 'orbit lantern meadow copper'

/** A vault that somebody is signed in to, whose clock can be moved: the session is renewed on the way. */
export interface Lab {
  readonly vault: TemporaryVault
  readonly clocks: MovableClocks
  /** Sets the wall clock to so long before the real now (negative: after it). */
  moveTo(millisecondsAgo: number): Promise<void>
  /** A key with an alias. */
  key(alias: string, description?: string, tags?: Readonly<Record<string, string>>): Promise<string>
}

/** Makes a vault in this home with the services themselves, at whatever time, and closes it again: what `serve` will find. */
export function prepared(work: (lab: Lab) => Promise<void>, startsAgo = HOUR): (home: string) => Promise<void> {
  return async (home) => {
    const now = Date.now()
    const clocks = movableClocks(now - startsAgo)
    const vault = vaultAt(home, { ambient: clocks })
    const { api } = vault
    await api.vault.initialise({ passphrase: secret(LAB_PASSPHRASE), name: 'Lab vault', account: '441722089135', region: 'lab' })
    await work({
      vault,
      clocks,
      async moveTo(millisecondsAgo) {
        const wanted = now - millisecondsAgo
        if (wanted > clocks.now()) clocks.pass(wanted - clocks.now())
        else clocks.setWall(wanted)
        await api.session.signIn({ passphrase: secret(LAB_PASSPHRASE) })
        // Rotations that came due on the way.
        await vault.holdfast.vault.look()
      },
      async key(alias, description = '', tags = {}) {
        const Tags = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }))
        const { KeyId } = (await api.kms.CreateKey({ Description: description, Tags })).KeyMetadata
        await api.kms.CreateAlias({ AliasName: alias, TargetKeyId: KeyId })
        return KeyId
      },
    })
    await vault[Symbol.asyncDispose]()
  }
}

/** The vault of the pictures: three years of a small team. */
export const busyLab = prepared(async ({ vault: { api }, moveTo, key }) => {
  const bytes = new Uint8Array(32)
  const use = (KeyId: string) => api.kms.Encrypt({ KeyId, Plaintext: bytes })
  const archive = await key('alias/archive-2024', 'Closed projects of 2024')
  const payroll = await key('alias/payroll', 'Payroll exports; answers: finance', { team: 'finance', data: 'personal', review: '2027-01' })
  await api.kms.CreateAlias({ AliasName: 'alias/wages', TargetKeyId: payroll })
  await api.kms.EnableKeyRotation({ KeyId: payroll, RotationPeriodInDays: 365 })
  const offsite = await key('alias/backup-offsite', 'Off-site backups, weekly')
  for (const KeyId of [archive, payroll]) await use(KeyId)
  await moveTo(684 * DAY)
  await use(payroll)
  const mail = await key('alias/mail-gateway', 'Mail gateway, messages at rest')
  const ledger = await key('alias/ledger-2019', 'Ledger of 2019, kept for the auditors')
  const pii = await key('alias/customer-pii', 'Customer records', { team: 'sales', data: 'personal' })
  await moveTo(324 * DAY)
  await use(payroll)
  const columns = await key('alias/pg-columns', 'Columns of the customer database', { team: 'platform' })
  await api.kms.EnableKeyRotation({ KeyId: columns, RotationPeriodInDays: 327 })
  await api.kms.EnableKeyRotation({ KeyId: mail, RotationPeriodInDays: 336 })
  await api.kms.EnableKeyRotation({ KeyId: archive, RotationPeriodInDays: 365 })
  await moveTo(141 * DAY)
  await use(ledger)
  await moveTo(98 * DAY)
  await api.kms.RotateKeyOnDemand({ KeyId: payroll })
  const scan = await key('alias/scan-inbox', 'Scanned letters')
  await moveTo(96 * DAY)
  await use(archive)
  await api.kms.DisableKey({ KeyId: archive })
  await key('alias/test-derive', 'Trial of the new importer')
  await moveTo(41 * DAY)
  await api.kms.EnableKeyRotation({ KeyId: scan, RotationPeriodInDays: 90 })
  await use(scan)
  await moveTo(24 * DAY)
  await api.kms.ScheduleKeyDeletion({ KeyId: ledger, PendingWindowInDays: 30 })
  await moveTo(5 * DAY)
  const vpn = await key('alias/vpn-2022', 'Replaced by alias/vpn-2026')
  await api.kms.ScheduleKeyDeletion({ KeyId: vpn, PendingWindowInDays: 21 })
  await key('alias/vpn-2026', 'Site-to-site tunnels')
  await moveTo(26 * HOUR)
  await use(offsite)
  await moveTo(2 * HOUR)
  for (const year of ['2025', '2026']) await api.kms.GenerateDataKey({ KeyId: payroll, KeySpec: 'AES_256', EncryptionContext: { purpose: 'payroll', year } })
  await api.kms.GenerateDataKeyWithoutPlaintext({ KeyId: columns, KeySpec: 'AES_256', EncryptionContext: { table: 'customer', column: 'iban' } })
  await moveTo(14 * 60_000)
  await use(pii)
  await api.kms.GenerateDataKeyWithoutPlaintext({ KeyId: pii, NumberOfBytes: 64, EncryptionContext: { tenant: 'acme' } })
  await moveTo(60_000)
  await use(mail)
  await use(columns)
}, 1054 * DAY)
