import type { Ambient } from '#core/ports/ambient.ts'
import type { AccessKeyRow, Tables, VaultRow } from '#core/ports/store.ts'
import { principalArn, rootArn } from '#core/keys/arn.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { asAccessKeyId, asAccountId, type AccessKeyId, type AccountId } from '#core/vocabulary/ids.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import type { Operation, Targeted } from '../operation.ts'
import { vaultResource } from '../vault-resource.ts'
import type { SigningKeys } from './signing-keys.ts'

export interface CreateAccessKeyRequest {
  /** `root` or a user's name (of the caller's account), or a principal's ARN. */
  principal?: string | undefined
  /** To take over an existing configuration: both of these, or neither. */
  accessKeyId?: string | undefined
  secretAccessKey?: Uint8Array | undefined
}

/** An access key as a list shows it; never its secret. */
export interface AccessKeyView {
  accessKeyId: string
  principal: string
  account: string
  active: boolean
  createdAt: Date
  usedAt?: Date
}

export interface CreatedAccessKey extends AccessKeyView {
  /** ASCII, only if it was made here: this is the one time that it is shown. The caller wipes it. */
  secretAccessKey?: Uint8Array
}

export interface AccessKeyTarget extends Targeted {
  readonly id: AccessKeyId
}

/** A secret that others chose: shorter ones are guessed by any program of this machine. */
const SHORTEST_SECRET = 16
const LONGEST_SECRET = 128

/** The operations on access keys, for the vault's own administrators. */
export function manageAccessKeys({ ambient, row, signingKeys }: { ambient: Ambient; row: VaultRow; signingKeys: SigningKeys }) {
  const resources = [vaultResource(row)]

  const createAccessKey: Operation<CreateAccessKeyRequest, Targeted & { readonly account: AccountId; readonly principal: string }, CreatedAccessKey> = {
    name: 'CreateAccessKey',
    action: 'holdfast:CreateAccessKey',
    readOnly: false,
    request: (input) => ({ principal: input.principal ?? 'root', ...(input.accessKeyId === undefined ? {} : { accessKeyId: input.accessKeyId }) }),
    check: checkCreation,
    target: (tables, scope, input) => ({ resources, ...principalNamed(tables, scope.account, input.principal ?? 'root') }),
    perform(call, target, input) {
      // Whoever has a key of root is root: nobody else can make one.
      if (target.principal === rootArn(target.account) && call.principal.type !== 'Root') {
        throw new VaultError('AccessDeniedException', {
          text: `User: ${call.principal.arn} is not authorized to perform: holdfast:CreateAccessKey on resource: ${target.principal} because only root can make access keys of root`,
        })
      }
      const made = input.secretAccessKey === undefined ? Secret.own(randomText(ambient, 40, SECRET_ALPHABET)) : undefined
      const key: AccessKeyRow = {
        id: asAccessKeyId(input.accessKeyId ?? '') ?? newAccessKeyId(ambient),
        account: target.account,
        principal: target.principal,
        active: true,
        createdAt: ambient.now(),
        usedAt: undefined,
      }
      return {
        settle(tables) {
          if (tables.accessKeys.get(key.id) !== undefined) throw new VaultError('AlreadyExistsException', { text: `There is an access key ${key.id} already.` })
          tables.accessKeys.insert(key, made?.bytes ?? input.secretAccessKey ?? new Uint8Array())
          return { ...accessKeyView(key), ...(made === undefined ? {} : { secretAccessKey: made.bytes }) }
        },
        response: (output) => ({ accessKeyId: output.accessKeyId, principal: output.principal }),
        abandon: () => { made?.wipe() },
      }
    },
  }

  const listAccessKeys: Operation<Record<never, never>, Targeted, { accessKeys: AccessKeyView[] }> = {
    name: 'ListAccessKeys',
    action: 'holdfast:ListAccessKeys',
    readOnly: true,
    request: () => null,
    check: () => undefined,
    target: () => ({ resources }),
    perform: () => ({ settle: (tables) => ({ accessKeys: tables.accessKeys.list().map(accessKeyView) }) }),
  }

  const updateAccessKey: Operation<{ accessKeyId: string; active: boolean }, AccessKeyTarget, Record<never, never>> = {
    name: 'UpdateAccessKey',
    action: 'holdfast:UpdateAccessKey',
    readOnly: false,
    request: (input) => ({ accessKeyId: input.accessKeyId, status: input.active ? 'Active' : 'Inactive' }),
    check: () => undefined,
    target: (_tables, _scope, input) => ({ resources, id: knownForm(input.accessKeyId) }),
    perform: (_call, target, input) => ({
      settle(tables) {
        if (!tables.accessKeys.setActive(target.id, input.active)) throw notFound(target.id)
        signingKeys.forget(target.id)
        return {}
      },
    }),
  }

  const deleteAccessKey: Operation<{ accessKeyId: string }, AccessKeyTarget, Record<never, never>> = {
    name: 'DeleteAccessKey',
    action: 'holdfast:DeleteAccessKey',
    readOnly: false,
    request: (input) => ({ accessKeyId: input.accessKeyId }),
    check: () => undefined,
    target: (_tables, _scope, input) => ({ resources, id: knownForm(input.accessKeyId) }),
    perform: (_call, target) => ({
      settle(tables) {
        if (!tables.accessKeys.remove(target.id)) throw notFound(target.id)
        // Another key may get the same id, with another secret.
        signingKeys.forget(target.id)
        return {}
      },
    }),
  }

  return { createAccessKey, listAccessKeys, updateAccessKey, deleteAccessKey }
}

function checkCreation({ accessKeyId, secretAccessKey }: CreateAccessKeyRequest): void {
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw refused('An access key that exists elsewhere is taken over with both its id and its secret.')
  }
  if (accessKeyId === undefined || secretAccessKey === undefined) return
  if (asAccessKeyId(accessKeyId) === undefined) throw refused('An access key id is 4 to 128 letters, digits and underscores.')
  const { length } = secretAccessKey
  if (length < SHORTEST_SECRET || length > LONGEST_SECRET || secretAccessKey.some((byte) => byte <= 0x20 || byte >= 0x7f)) {
    throw refused(`A secret access key is ${SHORTEST_SECRET} to ${LONGEST_SECRET} printable ASCII characters without spaces.`)
  }
}

/** `root`, a user's name, or the ARN of a root, a user or a role. Throws ValidationException, NotFoundException. */
function principalNamed(tables: Tables, own: AccountId, principal: string): { account: AccountId; principal: string } {
  const named = principal === 'root' ? rootArn(own) : principal.startsWith('arn:') ? principal : principalArn(own, 'user', principal)
  const account = asAccountId(/^arn:aws:iam::(\d{12}):(?:root|user\/.+|role\/.+)$/.exec(named)?.[1] ?? '')
  if (account === undefined) throw refused('A principal is `root`, the name of a user, or the ARN of a root, a user or a role.')
  if (!tables.vault.accounts().some((each) => each.account === account)) throw new VaultError('NotFoundException', { text: `There is no account ${account} here.` })
  if (named !== rootArn(account) && tables.principals.get(named) === undefined) throw new VaultError('NotFoundException', { text: `There is no principal ${named}.` })
  return { account, principal: named }
}

/** `AKIA` and 16 characters of base32 (RFC 4648), 80 random bits. */
function newAccessKeyId(ambient: Ambient): AccessKeyId {
  return `AKIA${String.fromCharCode(...randomText(ambient, 16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'))}` as AccessKeyId
}

const SECRET_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Random characters, ASCII, of an alphabet whose size is a power of two: none is more likely than another. */
function randomText(ambient: Ambient, length: number, alphabet: string): Uint8Array {
  return ambient.random(length).map((byte) => alphabet.charCodeAt(byte % alphabet.length))
}

function accessKeyView(row: AccessKeyRow): AccessKeyView {
  return {
    accessKeyId: row.id,
    principal: row.principal,
    account: row.account,
    active: row.active,
    createdAt: new Date(row.createdAt),
    ...(row.usedAt === undefined ? {} : { usedAt: new Date(row.usedAt) }),
  }
}

function knownForm(text: string): AccessKeyId {
  return asAccessKeyId(text) ?? refuseUnknown()
}

function refuseUnknown(): never {
  throw new VaultError('NotFoundException', { text: 'This is no access key id.' })
}

function notFound(id: AccessKeyId): VaultError {
  return new VaultError('NotFoundException', { text: `The Access Key with id ${id} cannot be found.` })
}

function refused(text: string): VaultError {
  return new VaultError('ValidationException', { text })
}
