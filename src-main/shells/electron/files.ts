import { stat } from 'node:fs/promises'
import { basename, isAbsolute } from 'node:path'
import { dialog, type BrowserWindow } from 'electron'
import { chooseOnHost, consoleOrigin, dragOut, handleOfPath, mayDragOut, type ChosenOnHost } from '#contract/desktop.ts'
import { createHandles } from '../handles.ts'
import type { PageLine } from './port.ts'
import { isTopFrame } from './sender.ts'

export interface FilesOptions {
  /** The page's line as it is now. */
  readonly line: () => PageLine | undefined
  /** Resolves if this file of the host is one that we have encrypted, as its header says to who is signed in on the line; else throws. */
  readonly inspect: (line: PageLine, path: string) => Promise<unknown>
  /** What is seen under the pointer while a file is dragged. */
  readonly icon: string
}

/** What of the host's files the window's page gets beside the contract: handles for what a person drops or chooses, and a way out for ciphertext. */
export function offerFiles(window: BrowserWindow, { line, inspect, icon }: FilesOptions): void {
  const { webContents } = window
  // What may be dragged out lives as long as the line on which that was asked.
  const tickets = new WeakMap<PageLine, ReturnType<typeof createHandles>>()

  /** The page's line, if the message comes from the page. */
  function lineOf(event: Parameters<typeof isTopFrame>[0]): PageLine | undefined {
    return isTopFrame(event, webContents, consoleOrigin) ? line() : undefined
  }

  webContents.ipc.handle(handleOfPath, (event, path: unknown) => (typeof path === 'string' && isAbsolute(path) ? lineOf(event)?.handles.issue(path) : undefined))

  webContents.ipc.handle(chooseOnHost, async (event, what: unknown): Promise<readonly ChosenOnHost[]> => {
    const on = lineOf(event)
    if (on === undefined || (what !== 'files' && what !== 'folder')) return []
    const properties = what === 'files' ? (['openFile', 'multiSelections'] as const) : (['openDirectory', 'createDirectory'] as const)
    const { filePaths } = await dialog.showOpenDialog(window, { properties: [...properties] })
    return await Promise.all(filePaths.map(async (path) => ({ handle: on.handles.issue(path), name: basename(path), size: what === 'files' ? await sizeOf(path) : 0 })))
  })

  webContents.ipc.handle(mayDragOut, async (event, path: unknown) => {
    const on = lineOf(event)
    if (on === undefined || typeof path !== 'string') return undefined
    const real = on.handles.path(path) ?? path
    try {
      await inspect(on, real)
    } catch {
      // Not one of ours, not readable, nobody signed in: whatever it is, it stays.
      return undefined
    }
    const own = tickets.get(on) ?? createHandles()
    tickets.set(on, own)
    return own.issue(real)
  })

  webContents.ipc.on(dragOut, (event, ticket: unknown) => {
    const on = lineOf(event)
    const path = on === undefined || typeof ticket !== 'string' ? undefined : tickets.get(on)?.path(ticket)
    if (path !== undefined) webContents.startDrag({ file: path, icon })
  })
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    // Gone since, or not to be looked at: whoever opens it is told why.
    return 0
  }
}
