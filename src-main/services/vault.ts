import { openSlot, type DatabaseKey } from '#core/keyslots/keyslots.ts'
import { readRecoveryCode } from '#core/keyslots/recovery-code.ts'
import type { Keyslot, Keyslots } from '#core/keyslots/keyslot.ts'
import type { AbortSignalLike, Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Certificates } from '#core/ports/certificates.ts'
import type { Endpoint, EndpointAddress, EndpointState } from '#core/ports/endpoint.ts'
import type { Files } from '#core/ports/files.ts'
import type { Home } from '#core/ports/home.ts'
import type { Hsm, ModuleFacts } from '#core/ports/hsm.ts'
import type { Store } from '#core/ports/store.ts'
import type { ReceivedRequest } from '#core/sigv4/request.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import { asAccountId } from '#core/vocabulary/ids.ts'
import type { Secret } from '#core/vocabulary/secret.ts'
import { createAttempts } from './attempts.ts'
import { appendRecord, vaultEvent } from './audit.ts'
import { createCancellation } from './cancellation.ts'
import { createChanges } from './changes.ts'
import { createFigures, type VaultFigures } from './figures.ts'
import { createMachineModules } from './hsm-admin/machine-modules.ts'
import { initialise, type InitialiseRequest, type Initialised } from './initialise.ts'
import { requestView, startListening, type RequestView } from './endpoint/operations.ts'
import { openWithKeys, readKeyslots, replaceSecret, slotOfKind } from './keyslot-access.ts'
import { openVault, type OpenVault, type Operations } from './open-vault.ts'
import type { Operation, Targeted } from './operation.ts'
import { requireLength } from './passphrase.ts'
import { failedUnlockLine, failedUnlockTimes, pendingLine, recordPendingEvents } from './pending-events.ts'
import { createRefusals } from './refusals.ts'
import type { ProfileView } from './profile-view.ts'
import { progressStream } from './progress-stream.ts'
import { createSessions, type Connection, type Principal, type Sessions } from './sessions.ts'
import { vaultStatus, type LockReason, type VaultStatus } from './status.ts'
import type { ProfileProgress } from './token-profiles.ts'

/** How long unlocking waits for an HSM that does not answer; it goes on opening in the background. */
const PATIENCE = 5_000

/** One home's vault: created, locked and unlocked here; while it is open, everything else runs through its gate. */
export interface Vault {
  readonly sessions: Sessions
  status(connection: Connection): VaultStatus
  /** The status now and after each change, coalesced to ten a second; ends when the signal aborts. */
  watch(connection: Connection, signal: AbortSignalLike | undefined): AsyncGenerator<VaultStatus, void>
  /** Makes the vault, opens it and signs the connection in as the account's root. */
  initialise(connection: Connection, request: InitialiseRequest): Promise<Initialised>
  /** Opens the vault if it is locked, and signs the connection in. Throws PASSPHRASE_INCORRECT, after a wait that grows. */
  signIn(connection: Connection, passphrase: Secret): Promise<Principal>
  /**
   * Signs the connection of one request in by its signature (SigV4) for a service such as `kms`; a refusal is counted like any stranger's.
   * Throws VAULT_LOCKED and VAULT_NOT_INITIALISED before it looks at the request, then what Authenticate throws.
   */
  authenticate(connection: Connection, request: ReceivedRequest, service: string): void
  signOut(connection: Connection): void
  /** Everybody's sessions end, HSM hosts end, the database is closed. Locking a locked vault does nothing. */
  lock(because: LockReason, connection?: Connection): Promise<void>
  changePassphrase(connection: Connection, current: Secret, next: Secret): Promise<void>
  /** Opens the vault by its recovery code and gives it a new passphrase. Throws RECOVERY_CODE_INVALID, RECOVERY_NOT_SET_UP. */
  recover(connection: Connection, code: Secret, next: Secret): Promise<void>
  /** Does what is due now, without waiting for the scheduler's minute: after suspend, say. Nothing while the vault is locked. */
  look(): Promise<void>
  /** Switches the endpoint on for whoever runs the process (`serve --kms`), with or without anybody signed in, or the vault open. */
  startEndpoint(connection: Connection, address: EndpointAddress): Promise<EndpointState>
  /** The last requests at the endpoint, the newest first, for whoever is signed in. A look at it is no call, and is not recorded. */
  requests(connection: Connection): RequestView[]
  /** Numbers for a program that watches this one: no call, and not recorded. */
  figures(): VaultFigures
  /**
   * Says that this process stays, as the one that serves others: from now on tokens without a profile that holds are tried out in the
   * background, after each opening. A single command would end in the middle of it.
   */
  reside(): void
  /** Tries out what a member's token can do: progress, then the profile. Behind the gate like every call; ends when the signal aborts. */
  runHsmProfile(connection: Connection, memberId: string, signal: AbortSignalLike | undefined): AsyncGenerator<ProfileProgress, ProfileView>
  /** The PKCS#11 libraries of this machine with their tokens: for everyone while the vault is not open, then for who is signed in. Throws NOT_SIGNED_IN. */
  modules(connection: Connection): Promise<ModuleFacts[]>
  /** One operation behind the gate. Throws VAULT_LOCKED, VAULT_NOT_INITIALISED. */
  call<Input, Target extends Targeted, Output>(
    connection: Connection,
    choose: (operations: Operations) => Operation<Input, Target, Output>,
    input: Input,
  ): Promise<Output>
  /** Whose a download is: it is fetched by its one-time id alone, in their name. Throws VAULT_LOCKED, TRANSFER_ENDED. */
  ownerOfDownload(id: string): Connection
}

export function createVault(parts: {
  ambient: Ambient
  crypto: Crypto
  certificates: Certificates
  endpoint: Endpoint
  files: Files
  home: Home
  hsm: Hsm
  version: string
}): Vault {
  const { ambient, crypto, certificates, endpoint, files, home, hsm } = parts
  const changes = createChanges()
  const sessions = createSessions(ambient, crypto)
  const refusals = createRefusals(ambient)
  const figures = createFigures()
  const attempts = createAttempts(ambient, failedUnlockTimes(home.pendingEvents()))
  let open: OpenVault | undefined
  let locked: { because: LockReason; at: number } | undefined
  const machine = createMachineModules(hsm)
  let resident = false
  let turn: Promise<unknown> = Promise.resolve()

  /** Opening, closing and changing the passphrase happen one after the other. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work)
    turn = result.catch(() => undefined)
    return result
  }

  function requireOpen(): OpenVault {
    if (open !== undefined) return open
    throw new VaultError(home.state() === 'none' ? 'VAULT_NOT_INITIALISED' : 'VAULT_LOCKED')
  }

  function record(opened: OpenVault, name: string, connection: Connection, principal: Principal | undefined, failure?: VaultError, request: Json = null): Promise<void> {
    const event = vaultEvent(name, { principal, connection, scope: opened.row, requestId: ambient.uuid() }, request, failure)
    return opened.store.write((tables) => { appendRecord(ambient, tables, event) })
  }

  async function start(store: Store): Promise<OpenVault> {
    const opened = openVault({ ambient, crypto, certificates, endpoint, files, home, hsm, store, sessions, refusals, changed: changes.announce })
    await recordPendingEvents(ambient, home, opened)
    await files.removeLeftovers()
    open = opened
    locked = undefined
    if (resident) opened.checkpoints.reside()
    const ready = opened.members.open()
    // Not before: a login must never have to wait for trials.
    void ready.then(() => (resident ? opened.profiling.refresh() : undefined), () => undefined)
    await patiently(async () => {
      await ready
      await opened.scheduler.look()
    })
    opened.scheduler.start()
    await identify(opened)
    return opened
  }

  /**
   * An endpoint that has waited for the vault gets its certificate; one that has one gets a younger one, if it is time. What keeps it from
   * that (a full disk) keeps nobody from opening the vault: the endpoint's state says that it is not ready.
   */
  async function identify({ identities }: OpenVault): Promise<void> {
    if (endpoint.state?.transport !== 'tls') return
    try {
      const identity = await identities.server()
      endpoint.present(identity)
      identity.privateKey.fill(0)
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
    }
  }

  /** Waits for the work, but not for ever; what it does not finish in time it goes on with by itself. */
  async function patiently(work: () => Promise<void>): Promise<void> {
    const enough = createCancellation()
    const waited = ambient.wait(PATIENCE, enough.signal).catch((error: unknown) => {
      if (!(error instanceof VaultError) || error.code !== 'CANCELLED') throw error
    })
    const worked = work().catch((error: unknown) => {
      // Each part tells its own failure: a member in its status, what is due by staying due.
      if (!(error instanceof VaultError)) throw error
    })
    await Promise.race([worked.finally(() => { enough.cancel() }), waited])
  }

  /** Waits as earlier wrong tries demand, then runs Argon2id. Throws `wrong` (recorded) if the secret does not open the slot. */
  async function keysOf(connection: Connection, file: Keyslots, slot: Keyslot, secret: Secret, wrong: (waitSeconds: number) => VaultError): Promise<DatabaseKey[]> {
    const due = attempts.nextTryAt()
    if (due !== undefined) await ambient.wait(due - ambient.now())
    const keys = await openSlot(crypto, file, slot, secret)
    if (keys !== undefined) {
      attempts.succeeded()
      return keys
    }
    attempts.failed()
    const failure = wrong(Math.ceil(((attempts.nextTryAt() ?? 0) - ambient.now()) / 1000))
    if (open === undefined) home.appendPendingEvent(failedUnlockLine(ambient.now(), connection, failure))
    else await record(open, 'SignIn', connection, undefined, failure)
    changes.announce()
    throw failure
  }

  async function signInWith(connection: Connection, slot: Keyslot, file: Keyslots, keys: DatabaseKey[]): Promise<OpenVault> {
    const wasOpen = open
    const opened = wasOpen ?? (await start(await openWithKeys(parts, file, slot, keys)))
    const principal = principalOf(slot)
    sessions.open(connection, principal)
    await record(opened, wasOpen === undefined ? 'UnlockVault' : 'SignIn', connection, principal)
    changes.announce()
    return opened
  }

  async function close(because: LockReason, connection: Connection | undefined): Promise<void> {
    const closing = open
    if (closing === undefined) return
    const principal = connection?.session?.principal
    // New calls are refused from here on; those under way end with their host, and their records are written before the store closes.
    open = undefined
    locked = { because, at: ambient.now() }
    sessions.endAll()
    await closing.profiling.close()
    // They hold keys of files: each ends before its next frame and removes what it has begun.
    closing.jobs.stop()
    await patiently(() => closing.checkpoints.atLock())
    await closing.members.close()
    await closing.scheduler.stop()
    await closing.gate.drained()
    await closing.transfers.stop()
    const by = connection ?? { via: 'cli', source: 'holdfast', agent: 'holdfast', session: undefined }
    for (const refused of refusals.take('all')) {
      await record(closing, 'UnauthenticatedCalls', { ...by, ...refused }, undefined, undefined, { minute: new Date(refused.minute).toISOString(), count: refused.count })
    }
    closing.signingKeys.forgetAll()
    await record(closing, 'LockVault', by, principal, undefined, { because })
    await closing.store.close()
    changes.announce()
  }

  const vault: Vault = {
    sessions,

    status: (connection) => vaultStatus({ home, crypto, version: parts.version, endpoint: endpoint.state, open, locked, nextTryAt: attempts.nextTryAt() }, connection),

    async *watch(connection, signal) {
      for (;;) {
        const seen = changes.version
        yield vault.status(connection)
        await changes.after(seen, signal)
        if (signal?.aborted === true) return
        await ambient.wait(100)
      }
    },

    initialise: (connection, request) =>
      inTurn(async () => {
        const made = await initialise(parts, request, connection)
        const file = readKeyslots(home, crypto)
        const slot = slotOfKind(file, 'passphrase') ?? unreachable('a new vault without a passphrase')
        const keys = (await openSlot(crypto, file, slot, request.passphrase)) ?? unreachable('a new vault that its passphrase does not open')
        await withKeys(keys, () => signInWith(connection, slot, file, keys))
        return made
      }),

    signIn: (connection, passphrase) =>
      inTurn(async () => {
        const file = readKeyslots(home, crypto)
        const slot = slotOfKind(file, 'passphrase') ?? unreachable('a vault without a passphrase')
        const keys = await keysOf(connection, file, slot, passphrase, wrongPassphrase)
        await withKeys(keys, () => signInWith(connection, slot, file, keys))
        return principalOf(slot)
      }),

    authenticate(connection, request, service) {
      const opened = requireOpen()
      try {
        sessions.openSigned(connection, opened.authenticate(request, service))
      } catch (error) {
        if (error instanceof VaultError) refusals.note(connection.source, connection.agent)
        throw error
      }
    },

    signOut(connection) {
      sessions.end(connection)
      changes.announce()
    },

    lock: (because, connection) => inTurn(() => close(because, connection)),

    changePassphrase: (connection, current, next) =>
      inTurn(async () => {
        const opened = requireOpen()
        const principal = sessions.principal(connection)
        requireLength(next)
        const file = readKeyslots(home, crypto)
        const slot = file.slots.find((each) => each.kind === 'passphrase' && each.principal === principal.arn) ?? unreachable('a principal without a slot')
        const keys = await keysOf(connection, file, slot, current, wrongPassphrase)
        await withKeys(keys, () => replaceSecret(parts, opened.store, { file, slot, secret: next, keys }))
        await record(opened, 'ChangePassphrase', connection, principal)
        sessions.endAll()
        sessions.open(connection, principal)
        changes.announce()
      }),

    recover: (connection, code, next) =>
      inTurn(async () => {
        requireLength(next)
        const file = readKeyslots(home, crypto)
        const recovery = slotOfKind(file, 'recovery')
        if (recovery === undefined) throw new VaultError('RECOVERY_NOT_SET_UP')
        const reading = readRecoveryCode(code)
        // A slip is told from its check characters, without a try.
        if (reading.secret === undefined) throw new VaultError('RECOVERY_CODE_INVALID')
        using secret = reading.secret
        const keys = await keysOf(connection, file, recovery, secret, () => new VaultError('RECOVERY_CODE_INVALID'))
        await withKeys(keys, async () => {
          const opened = await signInWith(connection, recovery, file, keys)
          const settled = readKeyslots(home, crypto)
          const slot = slotOfKind(settled, 'passphrase') ?? unreachable('a vault without a passphrase')
          const [newest] = settled.slots[0]?.databaseKeys ?? []
          await replaceSecret(parts, opened.store, { file: settled, slot, secret: next, keys: keys.filter((key) => key.generation === newest?.generation) })
          const principal = principalOf(slot)
          await record(opened, 'RecoverVault', connection, principal)
          sessions.endAll()
          sessions.open(connection, principal)
        })
        changes.announce()
      }),

    startEndpoint: (connection, address) =>
      inTurn(async () => {
        const state = open === undefined ? await endpoint.start(address, undefined) : await startListening(endpoint, address, open.identities)
        if (open === undefined && home.state() === 'present') home.appendPendingEvent(pendingLine('StartEndpoint', ambient.now(), connection))
        if (open !== undefined) await record(open, 'StartEndpoint', connection, connection.session?.principal, undefined, { ...address })
        changes.announce()
        return state
      }),

    requests(connection) {
      requireOpen()
      sessions.principal(connection)
      return endpoint.log().map(requestView)
    },

    figures: () => figures(open),

    async look() {
      await open?.scheduler.look()
    },

    reside() {
      resident = true
      open?.checkpoints.reside()
      void open?.profiling.refresh()
    },

    runHsmProfile: (connection, memberId, signal) =>
      progressStream<ProfileProgress, ProfileView>(ambient, signal, (watch) =>
        vault.call(connection, (operations) => operations.runHsmProfile, { memberId, ...watch }),
      ),

    async modules(connection) {
      if (open !== undefined) sessions.principal(connection)
      return machine.modules()
    },

    async call(connection, choose, input) {
      const opened = requireOpen()
      return opened.gate.call(connection, choose(opened.operations), input)
    },

    ownerOfDownload(id) {
      const download = requireOpen().transfers.offered(id)
      if (download === undefined) throw new VaultError('TRANSFER_ENDED')
      return download.connection
    },
  }
  return vault
}

async function withKeys<T>(keys: readonly DatabaseKey[], work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    for (const { key } of keys) key.wipe()
  }
}

function wrongPassphrase(waitSeconds: number): VaultError {
  return new VaultError('PASSPHRASE_INCORRECT', { waitSeconds: Math.max(0, waitSeconds) })
}

/** A slot's principal: the root of the account that its ARN names. */
function principalOf(slot: Keyslot): Principal {
  const account = asAccountId(slot.principal.split(':')[4] ?? '')
  if (account === undefined) throw new VaultError('VAULT_DAMAGED', { file: 'keyslots.json', reason: 'a slot names no account' })
  return { type: 'Root', arn: slot.principal, account }
}
