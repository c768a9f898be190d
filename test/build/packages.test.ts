import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { packagesMatchLock } from '../../build/packages.mjs'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-packages-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

const here = { os: [process.platform], cpu: [process.arch] }
const elsewhere = { os: ['plan9'] }
const left = { version: '1.0.0', integrity: 'sha512-left' }
const right = { version: '2.0.0', integrity: 'sha512-right', optional: true }

it('installs nothing when each package is there as locked', () => {
  lock({ left, right })
  install({ left, right })
  expect(packagesMatchLock(folder)).toBe(true)
})

it('installs into a fresh clone', () => {
  lock({ left })
  expect(packagesMatchLock(folder)).toBe(false)
})

it('installs when a pull brought another version', () => {
  lock({ left: { ...left, version: '1.0.1' } })
  install({ left })
  expect(packagesMatchLock(folder)).toBe(false)
})

it('installs when the same version has another hash', () => {
  lock({ left: { ...left, integrity: 'sha512-other' } })
  install({ left })
  expect(packagesMatchLock(folder)).toBe(false)
})

it('installs when a package was dropped from the lock', () => {
  lock({ left })
  install({ left, right })
  expect(packagesMatchLock(folder)).toBe(false)
})

it('installs when the folder of a package was lost', () => {
  lock({ left, right })
  install({ left, right })
  rmSync(join(folder, 'node_modules', 'right'), { recursive: true })
  expect(packagesMatchLock(folder)).toBe(false)
})

it('installs after an installation that was cut short', () => {
  lock({ left })
  install({ left })
  writeFileSync(join(folder, 'node_modules', '.package-lock.json'), '{ "packages": {')
  expect(packagesMatchLock(folder)).toBe(false)
})

it('does not miss an optional package of another platform', () => {
  lock({ left, right: { ...right, ...elsewhere } })
  install({ left })
  expect(packagesMatchLock(folder)).toBe(true)
})

it('misses an optional package of this platform', () => {
  lock({ left, right: { ...right, ...here } })
  install({ left })
  expect(packagesMatchLock(folder)).toBe(false)
})

function lock(packages: Record<string, object>): void {
  writeFileSync(join(folder, 'package-lock.json'), lockText(packages))
}

function install(packages: Record<string, object>): void {
  for (const name of Object.keys(packages)) {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true })
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), '{}')
  }
  writeFileSync(join(folder, 'node_modules', '.package-lock.json'), lockText(packages))
}

function lockText(packages: Record<string, object>): string {
  return JSON.stringify({ packages: { '': { name: 'root' }, ...Object.fromEntries(Object.entries(packages).map(([name, entry]) => [`node_modules/${name}`, entry])) } })
}
