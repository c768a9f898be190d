import { readyGroups } from '#core/access/groups.ts'
import { parsePolicy } from '#core/access/parse.ts'
import { principalArn } from '#core/keys/arn.ts'
import { newTags } from '#core/keys/tags.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { PrincipalRow, Tables } from '#core/ports/store.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { utf8 } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { AccountId } from '#core/vocabulary/ids.ts'
import type { Tag } from '#core/vocabulary/kms.ts'
import type { SigningKeys } from '../access-keys/signing-keys.ts'
import type { Call, Operation, Targeted } from '../operation.ts'

export interface PrincipalView {
  arn: string
  name: string
  id: string
  createdAt: Date
  groups: string[]
  tags: Tag[]
  trustPolicy?: string
}

export interface GroupView {
  arn: string
  name: string
  readyMade: boolean
  members: string[]
}

export interface NewPrincipal {
  name: string
  group?: string | undefined
  policy?: string | undefined
  trustPolicy?: string | undefined
  tags?: Tag[] | undefined
}

/** The longest policy of a user, a role or a group, in bytes. */
const LONGEST_POLICY = 10_240
/** What a policy that comes with its principal is called. */
const FIRST_POLICY = 'policy'

/**
 * Users, roles and groups of the caller's account, under IAM's names. An account's root is none of them: it can neither be made nor removed, so
 * that every account keeps an administrator.
 */
export function managePrincipals({ ambient, signingKeys }: { ambient: Ambient; signingKeys: SigningKeys }) {
  const create = (action: 'iam:CreateUser' | 'iam:CreateRole', kind: PrincipalRow['kind']): Operation<NewPrincipal, Targeted, PrincipalView> =>
    inAccount(action, false, {
      about: ({ name }) => `${kind.toLowerCase()}/${name}`,
      recorded: (input) => ({ name: input.name, ...(input.group === undefined ? {} : { group: input.group }) }),
      check(input) {
        requireName(input.name)
        if (input.policy !== undefined) requirePolicy(input.policy)
        if (input.trustPolicy !== undefined) parsePolicy(input.trustPolicy, 'trust')
        newTags(input.tags ?? [])
      },
      settle(tables, { principal: { account } }, input) {
        if (tables.principals.named(account, kind, input.name) !== undefined) throw exists(kind.toLowerCase(), input.name)
        const row: PrincipalRow = {
          arn: principalArn(account, kind === 'User' ? 'user' : 'role', input.name),
          account, kind, name: input.name, id: newId(ambient, kind), createdAt: ambient.now(), trustPolicy: input.trustPolicy, tags: newTags(input.tags ?? []),
        }
        tables.principals.insert(row)
        if (input.policy !== undefined) tables.principals.putPolicy(row.arn, FIRST_POLICY, input.policy)
        if (input.group !== undefined) tables.principals.join(groupArn(tables, account, input.group), row.arn)
        return view(tables, row)
      },
    })

  const remove = (action: 'iam:DeleteUser' | 'iam:DeleteRole', kind: PrincipalRow['kind']): Operation<{ name: string }, Targeted, Record<never, never>> =>
    inAccount(action, false, {
      about: ({ name }) => `${kind.toLowerCase()}/${name}`,
      settle(tables, { principal: { account } }, { name }) {
        const row = tables.principals.named(account, kind, name) ?? missing(kind.toLowerCase(), name)
        for (const key of tables.accessKeys.list().filter((each) => each.principal === row.arn)) {
          tables.accessKeys.remove(key.id)
          signingKeys.forget(key.id)
        }
        tables.principals.remove(row.arn)
        return {}
      },
    })

  const list = (kind: PrincipalRow['kind']) => (tables: Tables, { principal }: Call): PrincipalView[] => tables.principals.list(principal.account, kind).map((row) => view(tables, row))

  const membership = (action: 'iam:AddUserToGroup' | 'iam:RemoveUserFromGroup', change: (tables: Tables, group: string, user: string) => void): Operation<{ group: string; user: string }, Targeted, Record<never, never>> =>
    inAccount(action, false, {
      about: ({ group }) => `group/${group}`,
      settle(tables, { principal: { account } }, { group, user }) {
        const row = tables.principals.named(account, 'User', user) ?? missing('user', user)
        change(tables, groupArn(tables, account, group), row.arn)
        return {}
      },
    })

  return {
    createUser: create('iam:CreateUser', 'User'),
    deleteUser: remove('iam:DeleteUser', 'User'),
    listUsers: inAccount<object, { users: PrincipalView[] }>('iam:ListUsers', true, { about: () => 'user/*', settle: (tables, call) => ({ users: list('User')(tables, call) }) }),
    createRole: create('iam:CreateRole', 'Role'),
    deleteRole: remove('iam:DeleteRole', 'Role'),
    listRoles: inAccount<object, { roles: PrincipalView[] }>('iam:ListRoles', true, { about: () => 'role/*', settle: (tables, call) => ({ roles: list('Role')(tables, call) }) }),
    createGroup: inAccount<{ name: string }, GroupView>('iam:CreateGroup', false, {
      about: ({ name }) => `group/${name}`,
      check: ({ name }) => { requireName(name) },
      settle(tables, { principal: { account } }, { name }) {
        if (isReady(name) || tables.principals.group(account, name) !== undefined) throw exists('group', name)
        const arn = principalArn(account, 'group', name)
        tables.principals.insertGroup({ arn, account, name, createdAt: ambient.now() })
        return { arn, name, readyMade: false, members: [] }
      },
    }),
    deleteGroup: inAccount<{ name: string }, Record<never, never>>('iam:DeleteGroup', false, {
      about: ({ name }) => `group/${name}`,
      settle(tables, { principal: { account } }, { name }) {
        const arn = groupArn(tables, account, name)
        if (isReady(name)) throw refused(`The group ${name} is ready-made: it stays.`)
        if (tables.principals.members(arn).length > 0) throw new VaultError('ConflictException', { text: `The group ${name} has members: remove them from it first.` })
        tables.principals.removeGroup(arn)
        return {}
      },
    }),
    listGroups: inAccount<object, { groups: GroupView[] }>('iam:ListGroups', true, {
      about: () => 'group/*',
      settle(tables, { principal: { account } }) {
        const made = tables.principals.groups(account).map(({ name }) => name)
        return { groups: [...readyGroups, ...made].map((name) => groupView(tables, account, name)) }
      },
    }),
    addUserToGroup: membership('iam:AddUserToGroup', (tables, group, user) => { tables.principals.join(group, user) }),
    removeUserFromGroup: membership('iam:RemoveUserFromGroup', (tables, group, user) => {
      if (!tables.principals.leave(group, user)) throw new VaultError('NotFoundException', { text: 'The user is not in this group.' })
    }),
    putPrincipalPolicy: inAccount<{ owner: string; name: string; document: string }, Record<never, never>>('iam:PutPolicy', false, {
      about: ({ owner }) => owner,
      recorded: ({ owner, name, document }) => ({ owner, name, document }),
      check({ name, document }) {
        requireName(name)
        requirePolicy(document)
      },
      settle(tables, call, { owner, name, document }) {
        requireOwner(tables, call.principal.account, owner)
        tables.principals.putPolicy(owner, name, document)
        return {}
      },
    }),
    deletePrincipalPolicy: inAccount<{ owner: string; name: string }, Record<never, never>>('iam:DeletePolicy', false, {
      about: ({ owner }) => owner,
      settle(tables, call, { owner, name }) {
        requireOwner(tables, call.principal.account, owner)
        if (!tables.principals.removePolicy(owner, name)) missing('policy', name)
        return {}
      },
    }),
    listPrincipalPolicies: inAccount<{ owner: string }, { policies: { name: string; document: string }[] }>('iam:ListPolicies', true, {
      about: ({ owner }) => owner,
      settle(tables, call, { owner }) {
        requireOwner(tables, call.principal.account, owner)
        return { policies: tables.principals.policies(owner) }
      },
    }),
  }
}

/** An operation on the caller's own account that only reads or writes the store. `about`: the rest of the ARN, or an ARN. */
function inAccount<Input extends object, Output>(
  action: `iam:${string}`,
  readOnly: boolean,
  does: { about: (input: Input) => string; recorded?: (input: Input) => Json; check?: (input: Input) => void; settle: (tables: Tables, call: Call, input: Input) => Output },
): Operation<Input, Targeted, Output> {
  return {
    name: action.slice('iam:'.length),
    action,
    readOnly,
    request: does.recorded ?? ((input) => ({ ...input }) as Json),
    check: (input) => does.check?.(input),
    target(_tables, { account }, input) {
      const about = does.about(input)
      return { resources: [{ arn: about.startsWith('arn:') ? about : `arn:aws:iam::${account}:${about}`, account }] }
    },
    perform: (call, _target, input) => ({ settle: (tables) => does.settle(tables, call, input) }),
  }
}

function view(tables: Tables, row: PrincipalRow): PrincipalView {
  const { arn, name, id, createdAt, tags, trustPolicy } = row
  const groups = tables.principals.groupsOf(arn).map((group) => group.slice(group.indexOf('/') + 1))
  return { arn, name, id, createdAt: new Date(createdAt), groups, tags: [...tags], ...(trustPolicy === undefined ? {} : { trustPolicy }) }
}

function groupView(tables: Tables, account: AccountId, name: string): GroupView {
  const arn = principalArn(account, 'group', name)
  return { arn, name, readyMade: isReady(name), members: tables.principals.members(arn) }
}

function isReady(name: string): boolean {
  return readyGroups.some((each) => each === name.toLowerCase())
}

function groupArn(tables: Tables, account: AccountId, name: string): string {
  if (isReady(name)) return principalArn(account, 'group', name.toLowerCase())
  return (tables.principals.group(account, name) ?? missing('group', name)).arn
}

/** A user, a role or a group that somebody made, of this account. */
function requireOwner(tables: Tables, account: AccountId, owner: string): void {
  const name = owner.slice(owner.indexOf('/') + 1)
  if (owner.startsWith(principalArn(account, 'group', ''))) {
    if (isReady(name)) throw refused(`The group ${name} is ready-made: its policy stays as it is.`)
    if (tables.principals.group(account, name)?.arn === owner) return
  } else if (tables.principals.get(owner)?.account === account) {
    return
  }
  throw new VaultError('NotFoundException', { text: `There is no user, role or group ${owner} in this account.` })
}

function requireName(name: string): void {
  if (!/^[\w+=,.@-]{1,64}$/.test(name)) throw refused('A name is 1 to 64 letters, digits and characters of +=,.@_-')
  if (name.toLowerCase() === 'root') throw refused('root is the name of the account itself.')
}

function requirePolicy(document: string): void {
  if (utf8(document).length > LONGEST_POLICY) throw new VaultError('LimitExceededException', { text: `A policy has at most ${LONGEST_POLICY} bytes.` })
  parsePolicy(document, 'identity')
}

/** IAM's form of a unique id: 17 characters of base32 (RFC 4648) after four that say what it is of. */
function newId(ambient: Ambient, kind: PrincipalRow['kind']): string {
  const random = Array.from(ambient.random(17), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(byte % 32)).join('')
  return `${kind === 'User' ? 'AIDA' : 'AROA'}${random}`
}

function exists(what: string, name: string): VaultError {
  return new VaultError('AlreadyExistsException', { text: `There is a ${what} ${name} already.` })
}

function missing(what: string, name: string): never {
  throw new VaultError('NotFoundException', { text: `There is no ${what} ${name}.` })
}

function refused(text: string): VaultError {
  return new VaultError('ValidationException', { text })
}
