import type { Ambient } from '#core/ports/ambient.ts'
import type { Tables, VaultRow } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { AccountId, Region } from '#core/vocabulary/ids.ts'
import { chosenAccount, chosenRegion } from './account-names.ts'
import type { Operation, Targeted } from './operation.ts'
import { vaultResource } from './vault-resource.ts'

/** What is declared; an endpoint refuses everything else. Each account is in each Region. */
export interface AccountsView {
  accounts: string[]
  regions: string[]
}

/** The operations that declare accounts and Regions. */
export function manageAccounts({ ambient, row }: { ambient: Ambient; row: VaultRow }) {
  const resources = [vaultResource(row)]

  const listAccounts: Operation<Record<never, never>, Targeted, AccountsView> = {
    name: 'ListAccounts',
    action: 'holdfast:ListAccounts',
    readOnly: true,
    request: () => null,
    check: () => undefined,
    target: () => ({ resources }),
    perform: () => ({ settle: (tables) => declared(tables) }),
  }

  const createAccount: Operation<{ account?: string | undefined }, Targeted, { account: string }> = {
    name: 'CreateAccount',
    action: 'holdfast:CreateAccount',
    readOnly: false,
    request: (input) => ({ account: input.account ?? null }),
    check: (input) => void chosenAccount(ambient, input.account),
    target: () => ({ resources }),
    perform(_call, _target, input) {
      const account = chosenAccount(ambient, input.account)
      return {
        settle(tables) {
          const { accounts, regions } = declared(tables)
          if (accounts.includes(account)) throw new VaultError('AlreadyExistsException', { text: `There is an account ${account} already.` })
          for (const region of regions) tables.vault.addAccount({ account, region })
          return { account }
        },
        response: (output) => ({ account: output.account }),
      }
    },
  }

  const addRegion: Operation<{ region: string }, Targeted, Record<never, never>> = {
    name: 'AddRegion',
    action: 'holdfast:AddRegion',
    readOnly: false,
    request: (input) => ({ region: input.region }),
    check: (input) => void chosenRegion(input.region),
    target: () => ({ resources }),
    perform: (_call, _target, input) => ({
      settle(tables) {
        const { accounts, regions } = declared(tables)
        const region = chosenRegion(input.region)
        if (regions.includes(region)) throw new VaultError('AlreadyExistsException', { text: `There is a Region ${region} already.` })
        for (const account of accounts) tables.vault.addAccount({ account, region })
        return {}
      },
    }),
  }

  return { listAccounts, createAccount, addRegion }
}

function declared(tables: Tables): { accounts: AccountId[]; regions: Region[] } {
  const rows = tables.vault.accounts()
  return { accounts: distinct(rows.map((row) => row.account)), regions: distinct(rows.map((row) => row.region)) }
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)].sort()
}
