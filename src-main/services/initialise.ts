import { encodeKeyslots } from '#core/keyslots/file.ts'
import { createKeyslots } from '#core/keyslots/keyslots.ts'
import { makeRecoveryCode, printRecoveryCode } from '#core/keyslots/recovery-code.ts'
import { rootArn } from '#core/keys/arn.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Home, StagedVault } from '#core/ports/home.ts'
import type { Hsm } from '#core/ports/hsm.ts'
import type { MemberRow, Tables } from '#core/ports/store.ts'
import { chooseRung } from '#core/sealing/rung.ts'
import { sealingChecks } from '#core/tokens/checks.ts'
import { toHex, utf8 } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { MemberId, Region, VaultId } from '#core/vocabulary/ids.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { chosenAccount, chosenRegion } from './account-names.ts'
import { appendRecord, vaultEvent } from './audit.ts'
import { memberConfig } from './members.ts'
import { requireLength } from './passphrase.ts'
import type { Connection, Principal } from './sessions.ts'

export interface InitialiseRequest {
  readonly passphrase: Secret
  readonly name: string
  /** 12 digits; random if undefined. */
  readonly account: string | undefined
  readonly region: string | undefined
  readonly recovery: boolean
}

export interface Initialised {
  readonly principal: Principal
  readonly region: Region
  /** The printed recovery code, ASCII. The caller wipes it. */
  readonly recoveryCode: Secret | undefined
}

interface Parts {
  readonly ambient: Ambient
  readonly crypto: Crypto
  readonly home: Home
  readonly hsm: Hsm
}

/**
 * Makes the vault of a home: a SoftHSM token with random PINs, the encrypted database, the keyslots. All of it in a staging folder that
 * becomes the vault in one rename: a crash leaves a whole vault or none.
 */
export async function initialise(parts: Parts, request: InitialiseRequest, connection: Connection): Promise<Initialised> {
  requireLength(request.passphrase)
  const account = chosenAccount(parts.ambient, request.account)
  const region = chosenRegion(request.region ?? 'us-east-1')
  const principal: Principal = { type: 'Root', arn: rootArn(account), account }
  const vaultId = parts.ambient.uuid() as VaultId
  const staged = parts.home.stage()
  try {
    using pin = randomPin(parts.ambient)
    using soPin = randomPin(parts.ambient)
    const member = await makeSoftToken(parts, staged, { vaultId, pin, soPin })
    using databaseKey = Secret.own(parts.ambient.random(32))
    using recovery = request.recovery ? makeRecoveryCode(parts.ambient) : undefined
    const keyslots = await createKeyslots(parts.crypto, parts.ambient, {
      vaultId,
      databaseKey,
      slots: [
        { principal: principal.arn, kind: 'passphrase', secret: request.passphrase },
        ...(recovery ? [{ principal: principal.arn, kind: 'recovery' as const, secret: recovery }] : []),
      ],
    })
    const store = staged.createStore(databaseKey)
    try {
      await store.write((tables) => {
        tables.vault.put({ id: vaultId, name: request.name, createdAt: parts.ambient.now(), account, region })
        tables.vault.addAccount({ account, region })
        for (const slot of keyslots.slots) tables.vault.putSlotKey({ slotId: slot.id, principal: slot.principal, publicKey: slot.publicKey })
        tables.members.put(member, { pin: pin.bytes, pendingPin: undefined, soPin: soPin.bytes })
        firstRecord(parts.ambient, tables, { vaultId, principal, region, connection, member, recovery: request.recovery })
      })
    } finally {
      await store.close()
    }
    staged.commit(encodeKeyslots(parts.crypto, keyslots))
    parts.home.putTokenSerials([member.serial])
    return { principal, region, recoveryCode: recovery && printRecoveryCode(recovery) }
  } catch (error) {
    staged.discard()
    throw error
  }
}

/** The trail begins with its epoch: random, so that no two trails share a beginning. */
function firstRecord(
  ambient: Ambient,
  tables: Tables,
  vault: { vaultId: VaultId; principal: Principal; region: Region; connection: Connection; member: MemberRow; recovery: boolean },
): void {
  const scope = { account: vault.principal.account, region: vault.region }
  const who = { principal: vault.principal, connection: vault.connection, scope, requestId: ambient.uuid() }
  const request = {
    vaultId: vault.vaultId,
    epoch: toHex(ambient.random(16)),
    hsm: { name: vault.member.name, serial: vault.member.serial, rung: vault.member.rung },
    recoveryCode: vault.recovery,
  }
  appendRecord(ambient, tables, vaultEvent('InitialiseVault', who, request))
}

/** A new SoftHSM token, its abilities tried, and the rung that they allow. */
async function makeSoftToken(parts: Parts, staged: StagedVault, { vaultId, pin, soPin }: { vaultId: VaultId; pin: Secret; soPin: Secret }): Promise<MemberRow> {
  const module = { library: 'softhsm', tokenDirectory: staged.tokenDirectory }
  const token = await parts.hsm.initialiseToken(module, { label: `holdfast-${vaultId.slice(0, 8)}`, pin, soPin })
  const row: MemberRow = {
    id: parts.ambient.uuid() as MemberId,
    name: 'SoftHSM',
    library: 'softhsm',
    parameters: undefined,
    softToken: true,
    serial: token.serial,
    rung: 1,
  }
  const member = parts.hsm.member(memberConfig(row, staged.tokenDirectory), {
    pin: () => Secret.copy(pin.bytes),
    reconcile: () => Promise.resolve(),
    changed: () => undefined,
  })
  try {
    // The few checks that decide; the whole profile takes its time when the vault is open.
    const { results } = await member.tryOut(sealingChecks)
    const rung = chooseRung(results)
    if (rung === undefined) throw new VaultError('SEALING_UNSUPPORTED', { member: row.name })
    return { ...row, rung }
  } finally {
    await member.close()
  }
}

/** 128 random bits in hex: every token takes 32 ASCII digits and letters. */
function randomPin(ambient: Ambient): Secret {
  return Secret.own(utf8(toHex(ambient.random(16))))
}
