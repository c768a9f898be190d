import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Files } from '#core/ports/files.ts'
import type { Home } from '#core/ports/home.ts'
import type { Hsm } from '#core/ports/hsm.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { createAmbient } from '#crypto/ambient.ts'
import { createCrypto } from '#crypto/crypto.ts'
import { createKmsEndpoint } from '#endpoints/kms/endpoint.ts'
import { createCertificates } from '#endpoints/x509/certificates.ts'
import { createFiles } from '#files/files.ts'
import { forkHost } from '#hsm/fork.ts'
import { createHsm } from '#hsm/hsm.ts'
import { findSoftHsm } from '#hsm/softhsm.ts'
import { createVault, type Vault } from '#services/vault.ts'
import { createHome } from '#store/home.ts'
import { incidentLine, stderrLog, type Log } from './log.ts'
import { hostProgram, toolsFolder, version } from './places.ts'
import { createRouter, type HoldfastRouter } from './router.ts'

/** The whole program but for its ways in: one home, its vault, and the contract's handlers. */
export interface Holdfast {
  readonly home: Home
  readonly files: Files
  readonly vault: Vault
  readonly router: HoldfastRouter
  /** Ends the endpoint, locks the vault and drops the lock of the home. */
  close(): Promise<void>
}

/** Wires adapters to services, by hand and once. Takes no lock and opens nothing: `home.acquire()` comes before the first call. */
export function compose(options: {
  homePath: string
  hsm?: Hsm | undefined
  home?: Home | undefined
  files?: Files | undefined
  ambient?: Ambient | undefined
  log?: Log | undefined
}): Holdfast {
  const home = options.home ?? createHome(options.homePath)
  const hsm = options.hsm ?? createHsm({ spawnHost: forkHost(hostProgram()), tools: toolsFolder() })
  const files = options.files ?? createFiles(home.path)
  const ambient = options.ambient ?? createAmbient()
  const endpoint = createKmsEndpoint({ ambient, vault: () => vault, report: (error) => reported(error, options.log ?? stderrLog) })
  const vault: Vault = createVault({ ambient, crypto: createCrypto(), certificates: createCertificates(), endpoint, files, home, hsm, version: version() })
  return {
    home,
    files,
    vault,
    router: createRouter(vault, { files, ambient, defaultName: basename(home.path), softHsm }),
    async close() {
      await endpoint.stop()
      await vault.lock('signal')
      home.release()
    },
  }
}

/** The incident id under which the log has what is known of a fault of our own. */
function reported(error: unknown, log: Log): string {
  const incident = randomUUID()
  log(incidentLine(incident, error))
  return incident
}

async function softHsm(): Promise<string | undefined> {
  try {
    return await findSoftHsm(process.env, toolsFolder())
  } catch (error) {
    if (error instanceof VaultError && error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
