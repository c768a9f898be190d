import type { ContractRouterClient } from '@orpc/contract'
import { access } from './access.ts'
import { audit } from './audit.ts'
import { accessKeys, accounts, endpoint } from './endpoint.ts'
import { files } from './files.ts'
import { hsm } from './hsm.ts'
import { kms } from './kms.ts'
import { console, session, vault } from './vault.ts'

/**
 * The one contract: the page, the command line and the local socket speak it, over whatever transport.
 * Client types, server types, validation, the error union and the command line's arguments are derived from this value.
 */
export const contract: Contract = { kms, vault, session, console, hsm, files, access, accessKeys, accounts, endpoint, audit }

/** Said part by part: the whole type is too long for a declaration. */
export type Contract = {
  readonly kms: typeof kms
  readonly vault: typeof vault
  readonly session: typeof session
  readonly console: typeof console
  readonly hsm: typeof hsm
  readonly files: typeof files
  readonly access: typeof access
  readonly accessKeys: typeof accessKeys
  readonly accounts: typeof accounts
  readonly endpoint: typeof endpoint
  readonly audit: typeof audit
}

/** What a client calls, the same over every transport and in process. */
export type Api = ContractRouterClient<Contract>
