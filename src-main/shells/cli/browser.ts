import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LINK_LIFETIME } from '../serve/admission.ts'

/**
 * Opens a one-time link in the system's browser; does nothing where there is none. The link is not an argument, which every user of the machine
 * could read from the process list: the browser gets a 0600 file beside the local socket that leads it there, removed when the link has died.
 */
export function openInBrowser(link: string, socketAddress: string): void {
  const folder = process.platform === 'win32' ? tmpdir() : dirname(socketAddress)
  const file = join(folder, `${basename(socketAddress, '.sock')}.open.html`)
  rmSync(file, { force: true })
  writeFileSync(file, `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${link}"><title>Holdfast</title>\n`, { mode: 0o600, flag: 'wx' })
  const remove = (): void => {
    rmSync(file, { force: true })
  }
  setTimeout(remove, LINK_LIFETIME).unref()
  process.once('exit', remove)

  const [program, ...rest] = openers[process.platform] ?? ['xdg-open']
  const child = spawn(program, [...rest, pathToFileURL(file).href], { detached: true, stdio: 'ignore' })
  // No such program: the link is printed as well, and a person can open it.
  child.on('error', () => undefined)
  child.unref()
}

const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
  linux: ['xdg-open'],
}
