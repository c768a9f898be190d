import { isAddressRange } from '#core/access/addresses.ts'
import type { Facts } from '#core/access/conditions.ts'
import type { KeyRow, PrincipalRow, Tables } from '#core/ports/store.ts'
import type { Connection, Principal } from '../sessions.ts'

/** All that a policy can ask about one call on one resource. Looked up when a statement asks. */
export interface Circumstances {
  readonly tables: Tables
  readonly principal: Principal
  /** Of a user or a role. */
  readonly row: PrincipalRow | undefined
  readonly connection: Pick<Connection, 'via' | 'source' | 'agent' | 'tls'> | undefined
  readonly now: number
  readonly key: KeyRow | undefined
  /** The account that the resource belongs to. */
  readonly account: string
  /** Of the request, by lower-case key. */
  readonly request: () => ReadonlyMap<string, readonly string[]>
}

export function factsOf(circumstances: Circumstances): Facts {
  let request: ReadonlyMap<string, readonly string[]> | undefined
  return (key) => {
    const slash = key.indexOf('/')
    if (slash >= 0) {
      const tagged = tags[key.slice(0, slash)]?.(circumstances).find((tag) => tag.TagKey.toLowerCase() === key.slice(slash + 1))
      if (tagged !== undefined) return [tagged.TagValue]
    }
    request ??= circumstances.request()
    return request.get(key) ?? facts[key]?.(circumstances)
  }
}

type Values = readonly string[] | undefined

const tags: Readonly<Partial<Record<string, (given: Circumstances) => readonly { readonly TagKey: string; readonly TagValue: string }[]>>> = {
  'aws:principaltag': ({ row }) => row?.tags ?? [],
  'aws:resourcetag': ({ key }) => key?.tags ?? [],
}

/** Condition keys that do not come from the request's own members. */
const facts: Readonly<Partial<Record<string, (given: Circumstances) => Values>>> = {
  'aws:principalarn': ({ principal }) => [principal.arn],
  'aws:principalaccount': ({ principal }) => [principal.account],
  'aws:principaltype': ({ principal }) => [principal.type === 'Root' ? 'Account' : principal.type],
  'aws:username': ({ row }) => (row?.kind === 'User' ? [row.name] : undefined),
  'aws:userid': ({ row, principal }) => [row?.id ?? principal.account],
  // What comes over no network is as safe as it can be.
  'aws:securetransport': ({ connection }) => connection && [String(connection.via !== 'endpoint' || connection.tls !== undefined)],
  'aws:sourceip': ({ connection }) => (connection !== undefined && isAddressRange(connection.source) ? [connection.source] : undefined),
  'aws:useragent': ({ connection }) => connection && [connection.agent],
  'aws:currenttime': ({ now }) => [new Date(now).toISOString()],
  'aws:epochtime': ({ now }) => [String(Math.floor(now / 1000))],
  'aws:resourceaccount': ({ account }) => [account],
  'kms:calleraccount': ({ principal }) => [principal.account],
  'kms:keyspec': ({ key }) => key && [key.spec],
  'kms:keyusage': ({ key }) => key && [key.usage],
  'kms:keyorigin': ({ key }) => key && [key.origin],
  'kms:multiregion': ({ key }) => key && [String(key.multiRegion !== undefined)],
  'kms:multiregionkeytype': ({ key }) => (key?.multiRegion === undefined ? undefined : [key.multiRegion]),
  'kms:resourcealiases': ({ tables, key }) => (key === undefined ? undefined : some(tables.aliases.page(key, key.id, undefined, 50).map(({ name }) => name))),
  // No service of AWS stands between a vault and its callers.
  'kms:grantisforawsresource': () => ['false'],
  /** Days since the last use, or since there is the key. */
  'kms:trailingdayswithoutkeyusage': ({ key, now }) => key && [String(Math.floor((now - (key.lastUsed?.at ?? key.createdAt)) / 86_400_000))],
}

function some(values: readonly string[]): Values {
  return values.length === 0 ? undefined : values
}
