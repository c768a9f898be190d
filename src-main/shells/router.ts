import { implement, type Router } from '@orpc/server'
import { type Contract, contract } from '#contract/contract.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Files } from '#core/ports/files.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { inspectFile, inspectFront } from '#services/files/inspect-file.ts'
import { jobOf, type Job, type Progress } from '#services/files/jobs.ts'
import { progressStream } from '#services/progress-stream.ts'
import type { Verification, VerifyProgress } from '#services/audit/verify.ts'
import type { Operation, Targeted } from '#services/operation.ts'
import type { Operations } from '#services/open-vault.ts'
import type { Connection } from '#services/sessions.ts'
import { moduleView } from '#services/hsm-admin/module-view.ts'
import type { VaultStatus } from '#services/status.ts'
import type { Vault } from '#services/vault.ts'
import { decryptionChoice, encryptionChoice } from './file-choices.ts'
import type { Handles } from './handles.ts'

/** What every transport gives with a call. The connection's session changes as the person signs in and out. */
export interface Context {
  readonly connection: Connection
  /** Where a path may be given by an opaque name: the desktop app. */
  readonly handles?: Handles
}

/** What the router must know beside the vault. */
export interface Surroundings {
  /** For reading a header, which needs no vault. */
  readonly files: Files
  readonly ambient: Ambient
  /** What a new vault is called if it is given no name. */
  readonly defaultName: string
  /** The PKCS#11 library that a new vault would use; undefined if there is none. Looked for anew at each question. */
  readonly softHsm: () => Promise<string | undefined>
}

/** The contract's handlers: a row per operation, each one line to the service behind it. Forget one and it does not compile. */
export function createRouter(vault: Vault, { files, ambient, defaultName, softHsm }: Surroundings): HoldfastRouter {
  const os = implement(contract).$context<Context>()

  /** A handler that runs one operation behind the gate. */
  function through<Input, Target extends Targeted, Output>(choose: (operations: Operations) => Operation<Input, Target, Output>) {
    return ({ input, context }: { input: Input; context: Context }) => vault.call(context.connection, choose, input)
  }

  /** A file job as a stream of its progress. */
  function fileJob<Result>(signal: AbortSignal | undefined, start: (job: Job) => Promise<Result>) {
    return progressStream<Progress, Result>(ambient, signal, (watch) => start(jobOf(watch)))
  }

  /** Who is about to create a vault wants to know what will hold its keys. */
  async function withLibrary(status: VaultStatus) {
    const library = status.state === 'none' ? await softHsm() : undefined
    return library === undefined ? status : { ...status, softHsm: library }
  }

  return os.router({
    kms: {
      CreateKey: os.kms.CreateKey.handler(through((all) => all.createKey)),
      DescribeKey: os.kms.DescribeKey.handler(through((all) => all.describeKey)),
      ListKeys: os.kms.ListKeys.handler(through((all) => all.listKeys)),
      EnableKey: os.kms.EnableKey.handler(through((all) => all.enableKey)),
      DisableKey: os.kms.DisableKey.handler(through((all) => all.disableKey)),
      CreateAlias: os.kms.CreateAlias.handler(through((all) => all.createAlias)),
      DeleteAlias: os.kms.DeleteAlias.handler(through((all) => all.deleteAlias)),
      ListAliases: os.kms.ListAliases.handler(through((all) => all.listAliases)),
      Encrypt: os.kms.Encrypt.handler(through((all) => all.encrypt)),
      Decrypt: os.kms.Decrypt.handler(through((all) => all.decrypt)),
      GenerateDataKey: os.kms.GenerateDataKey.handler(through((all) => all.generateDataKey)),
      GenerateDataKeyWithoutPlaintext: os.kms.GenerateDataKeyWithoutPlaintext.handler(through((all) => all.generateDataKeyWithoutPlaintext)),
      ReEncrypt: os.kms.ReEncrypt.handler(through((all) => all.reEncrypt)),
      UpdateAlias: os.kms.UpdateAlias.handler(through((all) => all.updateAlias)),
      UpdateKeyDescription: os.kms.UpdateKeyDescription.handler(through((all) => all.updateKeyDescription)),
      TagResource: os.kms.TagResource.handler(through((all) => all.tagResource)),
      UntagResource: os.kms.UntagResource.handler(through((all) => all.untagResource)),
      ListResourceTags: os.kms.ListResourceTags.handler(through((all) => all.listResourceTags)),
      GetKeyPolicy: os.kms.GetKeyPolicy.handler(through((all) => all.getKeyPolicy)),
      PutKeyPolicy: os.kms.PutKeyPolicy.handler(through((all) => all.putKeyPolicy)),
      ListKeyPolicies: os.kms.ListKeyPolicies.handler(through((all) => all.listKeyPolicies)),
      GetKeyLastUsage: os.kms.GetKeyLastUsage.handler(through((all) => all.getKeyLastUsage)),
      EnableKeyRotation: os.kms.EnableKeyRotation.handler(through((all) => all.enableKeyRotation)),
      DisableKeyRotation: os.kms.DisableKeyRotation.handler(through((all) => all.disableKeyRotation)),
      GetKeyRotationStatus: os.kms.GetKeyRotationStatus.handler(through((all) => all.getKeyRotationStatus)),
      ListKeyRotations: os.kms.ListKeyRotations.handler(through((all) => all.listKeyRotations)),
      RotateKeyOnDemand: os.kms.RotateKeyOnDemand.handler(through((all) => all.rotateKeyOnDemand)),
      ScheduleKeyDeletion: os.kms.ScheduleKeyDeletion.handler(through((all) => all.scheduleKeyDeletion)),
      CancelKeyDeletion: os.kms.CancelKeyDeletion.handler(through((all) => all.cancelKeyDeletion)),
      GetParametersForImport: os.kms.GetParametersForImport.handler(through((all) => all.getParametersForImport)),
      ImportKeyMaterial: os.kms.ImportKeyMaterial.handler(through((all) => all.importKeyMaterial)),
      DeleteImportedKeyMaterial: os.kms.DeleteImportedKeyMaterial.handler(through((all) => all.deleteImportedKeyMaterial)),
      ReplicateKey: os.kms.ReplicateKey.handler(through((all) => all.replicateKey)),
      UpdatePrimaryRegion: os.kms.UpdatePrimaryRegion.handler(through((all) => all.updatePrimaryRegion)),
      Sign: os.kms.Sign.handler(through((all) => all.sign)),
      Verify: os.kms.Verify.handler(through((all) => all.verify)),
      GenerateMac: os.kms.GenerateMac.handler(through((all) => all.generateMac)),
      VerifyMac: os.kms.VerifyMac.handler(through((all) => all.verifyMac)),
      GetPublicKey: os.kms.GetPublicKey.handler(through((all) => all.getPublicKey)),
      DeriveSharedSecret: os.kms.DeriveSharedSecret.handler(through((all) => all.deriveSharedSecret)),
      GenerateDataKeyPair: os.kms.GenerateDataKeyPair.handler(through((all) => all.generateDataKeyPair)),
      GenerateDataKeyPairWithoutPlaintext: os.kms.GenerateDataKeyPairWithoutPlaintext.handler(through((all) => all.generateDataKeyPairWithoutPlaintext)),
      Encapsulate: os.kms.Encapsulate.handler(through((all) => all.encapsulate)),
      Decapsulate: os.kms.Decapsulate.handler(through((all) => all.decapsulate)),
      CreateGrant: os.kms.CreateGrant.handler(through((all) => all.createGrant)),
      ListGrants: os.kms.ListGrants.handler(through((all) => all.listGrants)),
      ListRetirableGrants: os.kms.ListRetirableGrants.handler(through((all) => all.listRetirableGrants)),
      RetireGrant: os.kms.RetireGrant.handler(through((all) => all.retireGrant)),
      RevokeGrant: os.kms.RevokeGrant.handler(through((all) => all.revokeGrant)),
      GenerateRandom: os.kms.GenerateRandom.handler(through((all) => all.generateRandom)),
    },
    console: {
      keys: os.console.keys.handler(through((all) => all.listKeyViews)),
      key: os.console.key.handler(through((all) => all.readKeyView)),
      attributes: os.console.attributes.handler(through((all) => all.readTokenAttributes)),
      keyOffers: os.console.keyOffers.handler(through((all) => all.listKeyOffers)),
      dataKeys: os.console.dataKeys.handler(through((all) => all.listIssuedDataKeys)),
      clock: os.console.clock.handler(through((all) => all.readClock)),
      confirmTime: os.console.confirmTime.handler(through((all) => all.confirmTime)),
    },
    hsm: {
      modules: os.hsm.modules.handler(async ({ context }) => ({ modules: (await vault.modules(context.connection)).map(moduleView) })),
      logIn: os.hsm.logIn.handler(through((all) => all.logInHsm)),
      health: os.hsm.health.handler(through((all) => all.checkHsmHealth)),
      profile: os.hsm.profile.handler(through((all) => all.readHsmProfile)),
      runProfile: os.hsm.runProfile.handler(({ input, context, signal }) => vault.runHsmProfile(context.connection, input.memberId, signal)),
    },
    vault: {
      status: os.vault.status.handler(({ context }) => withLibrary(vault.status(context.connection))),
      watch: os.vault.watch.handler(async function* ({ context, signal }) {
        for await (const status of vault.watch(context.connection, signal)) yield await withLibrary(status)
      }),
      initialise: os.vault.initialise.handler(async ({ input, context }) => {
        using passphrase = Secret.own(input.passphrase)
        const request = { passphrase, name: input.name ?? defaultName, account: input.account, region: input.region, recovery: input.recovery ?? false }
        const made = await vault.initialise(context.connection, request)
        using code = made.recoveryCode
        const answer = { account: made.principal.account, region: made.region }
        return code === undefined ? answer : { ...answer, recoveryCode: String.fromCharCode(...code.bytes) }
      }),
      lock: os.vault.lock.handler(async ({ context }) => {
        vault.sessions.principal(context.connection)
        await vault.lock('request', context.connection)
        return {}
      }),
      changePassphrase: os.vault.changePassphrase.handler(async ({ input, context }) => {
        using current = Secret.own(input.current)
        using next = Secret.own(input.next)
        await vault.changePassphrase(context.connection, current, next)
        return {}
      }),
      recover: os.vault.recover.handler(async ({ input, context }) => {
        using code = Secret.own(input.code)
        using next = Secret.own(input.next)
        await vault.recover(context.connection, code, next)
        return {}
      }),
    },
    files: {
      encrypt: os.files.encrypt.handler(async function* ({ input, context: line, signal }) {
        const { existing = 'refuse' } = input
        const request = { ...placesOn(line, input), ...encryptionChoice(input), existing }
        return yield* fileJob(signal, (job) => vault.call(line.connection, (all) => all.encryptFile, { ...request, job }))
      }),
      decrypt: os.files.decrypt.handler(async function* ({ input, context: line, signal }) {
        const { existing = 'refuse' } = input
        const request = { ...placesOn(line, input), ...decryptionChoice(input), existing }
        return yield* fileJob(signal, (job) => vault.call(line.connection, (all) => all.decryptFile, { ...request, job }))
      }),
      verify: os.files.verify.handler(async function* ({ input, context: line, signal }) {
        const request = { path: placesOn(line, input).path, ...decryptionChoice(input) }
        return yield* fileJob(signal, (job) => vault.call(line.connection, (all) => all.verifyFile, { ...request, job }))
      }),
      reencrypt: os.files.reencrypt.handler(async function* ({ input, context: line, signal }) {
        const { from = {}, to, existing = 'refuse' } = input
        const request = { ...placesOn(line, input), from: decryptionChoice(from), to: encryptionChoice(to), existing }
        return yield* fileJob(signal, (job) => vault.call(line.connection, (all) => all.reencryptFile, { ...request, job }))
      }),
      read: os.files.read.handler(({ input, context: line }) => {
        const { position, length } = input
        return vault.call(line.connection, (all) => all.readFileRange, { path: placesOn(line, input).path, ...decryptionChoice(input), position, length })
      }),
      encryptFolder: os.files.encryptFolder.handler(async function* ({ input, context: line, signal }) {
        const { existing = 'refuse', dataKey = 'batch' } = input
        const request = { ...placesOn(line, input), ...encryptionChoice(input), existing, dataKey }
        return yield* fileJob(signal, (job) => vault.call(line.connection, (all) => all.encryptFolder, { ...request, job }))
      }),
      decryptFolder: os.files.decryptFolder.handler(async function* ({ input, context: line, signal }) {
        const { existing = 'refuse' } = input
        const request = { ...placesOn(line, input), ...decryptionChoice(input), existing }
        return yield* fileJob(signal, (job) => vault.call(line.connection, (all) => all.decryptFolder, { ...request, job }))
      }),
      engine: os.files.engine.handler(async () => (await files.engine?.state()) ?? { threads: 0, chosen: 'node:crypto', measured: [] }),
      inspect: os.files.inspect.handler(async ({ input, context }) => {
        if ('head' in input) return inspectFront(input.head, input.size)
        vault.sessions.principal(context.connection)
        return inspectFile(files, placesOn(context, input).path)
      }),
      browse: os.files.browse.handler(async ({ input, context }) => {
        const page = await vault.call(context.connection, (all) => all.browseFolder, input)
        return { ...page, entries: page.entries.map((entry) => ({ ...entry, modifiedAt: new Date(entry.modifiedAt) })) }
      }),
      prepareUpload: os.files.prepareUpload.handler(async ({ input, context }) => {
        const { name, size } = input
        const purpose = input.purpose === 'encrypt'
          ? { kind: input.purpose, keyId: input.keyId, context: input.context ?? {} }
          : { kind: input.purpose, context: input.context }
        const { id, expiresAt } = await vault.call(context.connection, (all) => all.prepareUpload, { name, size, purpose })
        return { upload: id, expiresAt: new Date(expiresAt) }
      }),
    },
    accessKeys: {
      create: os.accessKeys.create.handler(async ({ input, context }) => {
        using secretAccessKey = input.secretAccessKey && Secret.own(input.secretAccessKey)
        return await vault.call(context.connection, (all) => all.createAccessKey, { ...input, secretAccessKey: secretAccessKey?.bytes })
      }),
      list: os.accessKeys.list.handler(through((all) => all.listAccessKeys)),
      update: os.accessKeys.update.handler(through((all) => all.updateAccessKey)),
      delete: os.accessKeys.delete.handler(through((all) => all.deleteAccessKey)),
    },
    accounts: {
      list: os.accounts.list.handler(through((all) => all.listAccounts)),
      create: os.accounts.create.handler(through((all) => all.createAccount)),
      addRegion: os.accounts.addRegion.handler(through((all) => all.addRegion)),
    },
    access: {
      createUser: os.access.createUser.handler(through((all) => all.createUser)),
      listUsers: os.access.listUsers.handler(through((all) => all.listUsers)),
      deleteUser: os.access.deleteUser.handler(through((all) => all.deleteUser)),
      createRole: os.access.createRole.handler(through((all) => all.createRole)),
      listRoles: os.access.listRoles.handler(through((all) => all.listRoles)),
      deleteRole: os.access.deleteRole.handler(through((all) => all.deleteRole)),
      createGroup: os.access.createGroup.handler(through((all) => all.createGroup)),
      listGroups: os.access.listGroups.handler(through((all) => all.listGroups)),
      deleteGroup: os.access.deleteGroup.handler(through((all) => all.deleteGroup)),
      addUserToGroup: os.access.addUserToGroup.handler(through((all) => all.addUserToGroup)),
      removeUserFromGroup: os.access.removeUserFromGroup.handler(through((all) => all.removeUserFromGroup)),
      putPolicy: os.access.putPolicy.handler(through((all) => all.putPrincipalPolicy)),
      deletePolicy: os.access.deletePolicy.handler(through((all) => all.deletePrincipalPolicy)),
      listPolicies: os.access.listPolicies.handler(through((all) => all.listPrincipalPolicies)),
      simulate: os.access.simulate.handler(through((all) => all.simulatePolicy)),
    },
    endpoint: {
      start: os.endpoint.start.handler(through((all) => all.startEndpoint)),
      stop: os.endpoint.stop.handler(through((all) => all.stopEndpoint)),
      log: os.endpoint.log.handler(({ context }) => ({ requests: vault.requests(context.connection) })),
      authority: os.endpoint.authority.handler(through((all) => all.readEndpointAuthority)),
    },
    audit: {
      list: os.audit.list.handler(through((all) => all.listAuditRecords)),
      record: os.audit.record.handler(through((all) => all.readAuditRecord)),
      page: os.audit.page.handler(through((all) => all.exportAuditRecords)),
      prove: os.audit.prove.handler(through((all) => all.proveAuditRecord)),
      prefix: os.audit.prefix.handler(through((all) => all.proveAuditPrefix)),
      verify: os.audit.verify.handler(({ input, context, signal }) =>
        progressStream<VerifyProgress, Verification>(ambient, signal, (watch) => vault.call(context.connection, (all) => all.verifyAudit, { ...input, ...watch })),
      ),
      checkpoint: os.audit.checkpoint.handler(through((all) => all.signAuditCheckpoint)),
      checkpoints: os.audit.checkpoints.handler(through((all) => all.listAuditCheckpoints)),
      keys: os.audit.keys.handler(through((all) => all.readAuditKeys)),
      usage: os.audit.usage.handler(through((all) => all.readAuditUsage)),
      cloudTrail: os.audit.cloudTrail.handler(through((all) => all.exportCloudTrail)),
    },
    session: {
      signIn: os.session.signIn.handler(async ({ input, context }) => {
        using passphrase = Secret.own(input.passphrase)
        return { principal: await vault.signIn(context.connection, passphrase) }
      }),
      issue: os.session.issue.handler(({ context }) => {
        const { token, expiresAt } = vault.sessions.issue(context.connection)
        return { token, expiresAt: new Date(expiresAt) }
      }),
      resume: os.session.resume.handler(({ input, context }) => {
        using token = Secret.own(input.token)
        return { principal: vault.sessions.resume(context.connection, token.bytes).principal }
      }),
      signOut: os.session.signOut.handler(({ context }) => {
        vault.signOut(context.connection)
        return {}
      }),
    },
  })
}

/** Said by the contract, not inferred from the handlers: their type is too long for a declaration. */
export type HoldfastRouter = Router<Contract, Context>

/** Where a file is and where its result goes, by their paths, if the line knows them by a name. */
function placesOn({ handles }: Context, { path, folder }: { path: string; folder?: string | undefined }): { path: string; folder: string | undefined } {
  const named = (text: string): string => handles?.path(text) ?? text
  return { path: named(path), folder: folder === undefined ? undefined : named(folder) }
}
