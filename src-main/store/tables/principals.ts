import type { GroupRow, PrincipalRow, PrincipalTable } from '#core/ports/store.ts'
import type { Tag } from '#core/vocabulary/kms.ts'
import type { Database } from '../database.ts'

/** A row as SQLite gives it. */
type Found = Omit<PrincipalRow, 'trustPolicy' | 'tags'> & { readonly trustPolicy: string | null }

const SELECT = 'SELECT arn, account, kind, name, id, created_at AS createdAt, trust_policy AS trustPolicy FROM principals'

export function createPrincipalTable(database: Database): PrincipalTable {
  const get = database.query<Found>(`${SELECT} WHERE arn = ?`)
  const named = database.query<Found>(`${SELECT} WHERE account = ? AND kind = ? AND name = ?`)
  const list = database.query<Found>(`${SELECT} WHERE account = ? AND kind = ? ORDER BY name`)
  const tags = database.query<Tag>('SELECT tag_key AS TagKey, tag_value AS TagValue FROM principal_tags WHERE arn = ? ORDER BY position')
  const insert = database.change('INSERT INTO principals (arn, account, kind, name, id, created_at, trust_policy) VALUES (?, ?, ?, ?, ?, ?, ?)')
  const insertTag = database.change('INSERT INTO principal_tags (arn, position, tag_key, tag_value) VALUES (?, ?, ?, ?)')
  const removeTags = database.change('DELETE FROM principal_tags WHERE arn = ?')
  const setTrust = database.change('UPDATE principals SET trust_policy = ? WHERE arn = ?')
  const remove = database.change('DELETE FROM principals WHERE arn = ?')
  const removePolicies = database.change('DELETE FROM identity_policies WHERE owner = ?')
  const group = database.query<GroupRow>('SELECT arn, account, name, created_at AS createdAt FROM groups WHERE account = ? AND name = ?')
  const groups = database.query<GroupRow>('SELECT arn, account, name, created_at AS createdAt FROM groups WHERE account = ? ORDER BY name')
  const insertGroup = database.change('INSERT INTO groups (arn, account, name, created_at) VALUES (?, ?, ?, ?)')
  const removeGroup = database.change('DELETE FROM groups WHERE arn = ?')
  const groupsOf = database.query<{ readonly arn: string }>('SELECT group_arn AS arn FROM group_members WHERE user_arn = ? ORDER BY group_arn')
  const members = database.query<{ readonly arn: string }>('SELECT user_arn AS arn FROM group_members WHERE group_arn = ? ORDER BY user_arn')
  const join = database.change('INSERT INTO group_members (group_arn, user_arn) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const leave = database.change('DELETE FROM group_members WHERE group_arn = ? AND user_arn = ?')
  const policies = database.query<{ readonly name: string; readonly document: string }>('SELECT name, document FROM identity_policies WHERE owner = ? ORDER BY name')
  const putPolicy = database.change('INSERT INTO identity_policies (owner, name, document) VALUES (?, ?, ?) ON CONFLICT (owner, name) DO UPDATE SET document = excluded.document')
  const removePolicy = database.change('DELETE FROM identity_policies WHERE owner = ? AND name = ?')

  const row = (found: Found): PrincipalRow => ({ ...found, trustPolicy: found.trustPolicy ?? undefined, tags: tags.all(found.arn) })
  const putTags = (arn: string, given: readonly Tag[]): void => {
    for (const [position, tag] of given.entries()) insertTag.run(arn, position, tag.TagKey, tag.TagValue)
  }

  return {
    get(arn) {
      const found = get.get(arn)
      return found && row(found)
    },
    named(account, kind, name) {
      const found = named.get(account, kind, name)
      return found && row(found)
    },
    list: (account, kind) => list.all(account, kind).map(row),
    insert(given) {
      insert.run(given.arn, given.account, given.kind, given.name, given.id, given.createdAt, given.trustPolicy ?? null)
      putTags(given.arn, given.tags)
    },
    setTags(arn, given) {
      removeTags.run(arn)
      putTags(arn, given)
    },
    setTrustPolicy: (arn, policy) => void setTrust.run(policy, arn),
    remove(arn) {
      removePolicies.run(arn)
      return remove.run(arn) === 1
    },
    group: (account, name) => group.get(account, name),
    groups: (account) => groups.all(account),
    insertGroup: (given) => void insertGroup.run(given.arn, given.account, given.name, given.createdAt),
    removeGroup(arn) {
      removePolicies.run(arn)
      return removeGroup.run(arn) === 1
    },
    groupsOf: (user) => groupsOf.all(user).map(({ arn }) => arn),
    members: (group) => members.all(group).map(({ arn }) => arn),
    join: (group, user) => void join.run(group, user),
    leave: (group, user) => leave.run(group, user) === 1,
    policies: (owner) => policies.all(owner),
    putPolicy: (owner, name, document) => void putPolicy.run(owner, name, document),
    removePolicy: (owner, name) => removePolicy.run(owner, name) === 1,
  }
}
