import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

// Where the parts of this installation are. This module is run from its source (src-main/shells) or from the bundle (out/serve); both are
// two levels below the root.

const here = import.meta.dirname
const root = join(here, '..', '..')

/** The program that a HSM host process runs. */
export function hostProgram(): string {
  const source = join(here, '..', 'hsm', 'host', 'main.ts')
  return existsSync(source) ? source : join(here, 'host.js')
}

/** The folder into which the set-up unpacks tools of an ordinary user, such as SoftHSM; of a packed app, its resources. */
export function toolsFolder(): string {
  return basename(root) === 'app.asar' ? dirname(root) : join(root, '.tools')
}

/** The folder that the console is built into. */
export function consoleFolder(): string {
  return join(root, 'out', 'renderer')
}

/** Holdfast's version. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0'
}

/** The preload of one of the desktop app's windows. */
export function preloadProgram(name: 'console' | 'notice' | 'pin'): string {
  return join(root, 'out', 'preload', `${name}.cjs`)
}

/** The folder that the desktop app's small windows are built into. */
export function windowsFolder(): string {
  return join(root, 'out', 'windows')
}

/** What the desktop app's windows show in the system's lists. */
export function windowIcon(): string {
  return join(root, 'resources', 'icon.png')
}
