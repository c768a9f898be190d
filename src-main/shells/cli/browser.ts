import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { openingFile } from '../local/address.ts'
import { LINK_LIFETIME } from '../serve/admission.ts'

/**
 * Opens a one-time link in the system's browser; does nothing where there is none. The link is not an argument, which every user of the machine
 * could read from the process list: the browser gets a 0600 file beside the owner's socket that leads it there. It goes when the link has died,
 * or with the socket.
 */
export function openInBrowser(link: string, socketAddress: string): void {
  const file = openingFile(socketAddress)
  rmSync(file, { force: true })
  writeFileSync(file, `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${link}"><title>Holdfast</title>\n`, { mode: 0o600, flag: 'wx' })
  setTimeout(() => {
    rmSync(file, { force: true })
  }, LINK_LIFETIME).unref()

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
