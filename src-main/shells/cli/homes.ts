import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The home to work on: the one named, else the platform's. Absolute. `environment` as in process.env. */
export function homePath(named: string | undefined, environment: NodeJS.ProcessEnv): string {
  return resolve(named ?? platformHome(process.platform, environment))
}

/** Where a person's vault lies unless they say otherwise. */
export function platformHome(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): string {
  if (platform === 'win32') return join(environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'Holdfast')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Holdfast')
  // The XDG base directory specification: an empty or relative value counts as not set.
  const data = environment['XDG_DATA_HOME']
  return join(data?.startsWith('/') === true ? data : join(homedir(), '.local', 'share'), 'holdfast')
}
