import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Home } from '#core/ports/home.ts'
import { compareBytes, toBase64, utf8 } from '#core/vocabulary/bytes.ts'
import { canonicalJson } from '#core/vocabulary/canonical.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import { replaceFile } from './durable.ts'
import { DATABASE_FILE } from './failures.ts'
import { createOwnerLock } from './owner-lock.ts'
import { examinePages } from './pages.ts'
import { createPendingEvents } from './pending-events.ts'
import { KEYSLOT_FILE, stageVault, TOKEN_FOLDER } from './staging.ts'
import { createStore } from './store.ts'

/** As core/keyslots: a file beyond this is none, and is not read. */
const MOST_KEYSLOT_BYTES = 1_048_576

/** What clients of the endpoint trust; no secret. */
const AUTHORITY_FILE = 'endpoint-ca.pem'

/**
 * The Home port over a folder. `openStore`, `stage` and `replaceKeyslots` need the owner's lock: call `acquire` before.
 */
export function createHome(folder: string): Home {
  const path = resolve(folder)
  const vault = join(path, 'vault')
  const keyslots = join(vault, KEYSLOT_FILE)
  const database = join(vault, DATABASE_FILE)
  const lock = createOwnerLock(join(path, 'owner.lock'))
  const pending = createPendingEvents(join(path, 'pending-events'))

  return {
    path,
    acquire() {
      mkdirSync(path, { recursive: true, mode: 0o700 })
      return lock.acquire()
    },
    release: () => { lock.release() },
    state,
    tokenDirectory: join(vault, TOKEN_FOLDER),
    readKeyslots() {
      demandVault()
      if (statSync(keyslots).size > MOST_KEYSLOT_BYTES) throw new VaultError('VAULT_DAMAGED', { file: KEYSLOT_FILE, reason: 'it is too long' })
      return Uint8Array.from(readFileSync(keyslots))
    },
    replaceKeyslots(bytes) {
      demandOwner()
      demandVault()
      replaceFile(keyslots, bytes, KEYSLOT_FILE)
    },
    openStore(key) {
      demandOwner()
      demandVault()
      const verdict = examinePages(database, key)
      if (verdict === 'damaged') throw new VaultError('VAULT_DAMAGED', { file: DATABASE_FILE, reason: 'a page does not authenticate' })
      return verdict === 'intact' ? createStore(database, key) : undefined
    },
    stage() {
      demandOwner()
      if (state() === 'present') throw new VaultError('VAULT_ALREADY_INITIALISED')
      // A folder that somebody made beforehand may be open to others.
      chmodSync(path, 0o700)
      return stageVault(join(path, 'vault.new'), vault)
    },
    appendPendingEvent: (line) => { pending.append(line) },
    pendingEvents: () => pending.all(),
    clearPendingEvents: () => { pending.clear() },
    putTokenSerials(serials) {
      replaceFile(join(path, 'tokens.json'), utf8(`${canonicalJson({ format: 1, serials: [...serials].sort() })}\n`), 'tokens.json')
    },
    publishAuthority(certificate) {
      const file = join(path, AUTHORITY_FILE)
      const pem = utf8(`-----BEGIN CERTIFICATE-----\n${toBase64(certificate).replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`)
      if (!existsSync(file) || compareBytes(readFileSync(file), pem) !== 0) replaceFile(file, pem, AUTHORITY_FILE, 0o644)
      return file
    },
  }

  function state(): 'none' | 'present' {
    if (!existsSync(vault)) return 'none'
    for (const [file, name] of [[keyslots, KEYSLOT_FILE], [database, DATABASE_FILE]] as const) {
      if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new VaultError('VAULT_DAMAGED', { file: name, reason: 'it is missing' })
    }
    return 'present'
  }

  function demandVault(): void {
    if (state() === 'none') throw new VaultError('VAULT_NOT_INITIALISED')
  }

  function demandOwner(): void {
    if (!lock.held) unreachable('a vault changed by a process that does not own it')
  }
}
