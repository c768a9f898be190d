import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { StagedVault } from '#core/ports/home.ts'
import { unreachable } from '#core/vocabulary/failures.ts'
import type { Store } from '#core/ports/store.ts'
import { replaceFile, syncFolder, syncTree } from './durable.ts'
import { DATABASE_FILE } from './failures.ts'
import { createStore } from './store.ts'

export const KEYSLOT_FILE = 'keyslots.json'
export const TOKEN_FOLDER = 'tokens'

/** A vault that is made in `folder` and becomes `target` in one rename. What is in `folder` already is removed. */
export function stageVault(folder: string, target: string): StagedVault {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o700 })
  let store: Store | undefined
  return {
    tokenDirectory: join(folder, TOKEN_FOLDER),
    createStore(key) {
      const path = join(folder, DATABASE_FILE)
      closeSync(openSync(path, 'wx', 0o600))
      store = createStore(path, key)
      return store
    },
    commit(keyslots) {
      // While the store is open its log lies beside it.
      if (!store || existsSync(join(folder, `${DATABASE_FILE}-wal`))) unreachable('a vault without a closed store')
      replaceFile(join(folder, KEYSLOT_FILE), keyslots, KEYSLOT_FILE)
      syncTree(folder)
      renameSync(folder, target)
      syncFolder(dirname(target))
    },
    discard() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
