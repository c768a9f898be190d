import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChosenOnHost, DesktopBridge } from '#contract/desktop.ts'
import { utf8 } from '#core/vocabulary/bytes.ts'
import type { Line } from '../transports/conformance.ts'
import { because, dropFiles, missing, startApp, type App } from './app.ts'
import { openLines } from './line.ts'
import { PASSPHRASE } from './person.ts'

// Files of the host in the desktop app: dropped, chosen, dragged out.

type Desktop = Window & { desktop: DesktopBridge }

describe.skipIf(missing !== undefined)(`files of the host in the desktop app${because}`, () => {
  let app: App
  let page: Page
  let connect: () => Promise<Line>
  let line: Line
  let keyId: string
  let plain: string
  let sealed: string

  beforeAll(async () => {
    app = await startApp()
    page = app.page()
    connect = await openLines(app)
    line = await connect()
    await line.api.vault.initialise({ passphrase: utf8(PASSPHRASE) })
    keyId = (await line.api.kms.CreateKey({})).KeyMetadata.KeyId
    plain = join(app.runtime, 'salaries.csv')
    writeFileSync(plain, 'name,salary\nada,4711\n')
  })

  afterAll(async () => {
    await app[Symbol.asyncDispose]()
  })

  it('are dropped on the window and come to the page as opaque handles', async () => {
    const handle = await drop(plain)
    expect(handle).toMatch(/^handle:[0-9a-f]{32}$/)
    sealed = await finished(await line.api.files.encrypt({ path: handle ?? '', keyId }))
    expect(sealed).toBe(`${plain}.holdfast`)
    expect(readFileSync(sealed).includes('salary')).toBe(false)
  })

  it('are decrypted from a dropped handle into a chosen folder, named by another', async () => {
    const [folder] = await choose('folder', [app.runtime])
    const result = await finished(await line.api.files.decrypt({ path: (await drop(sealed)) ?? '', folder: folder?.handle, existing: 'keep-both' }))
    expect(readFileSync(result, 'utf8')).toBe('name,salary\nada,4711\n')
    expect(result).not.toBe(plain)
  })

  it('are chosen with the system\'s dialog', async () => {
    const chosen = await choose('files', [plain, sealed])
    expect(chosen).toEqual([
      { handle: expect.stringMatching(/^handle:/), name: 'salaries.csv', size: readFileSync(plain).length },
      { handle: expect.stringMatching(/^handle:/), name: 'salaries.csv.holdfast', size: readFileSync(sealed).length },
    ])
    expect(await line.api.files.inspect({ path: chosen[1]?.handle ?? '' })).toMatchObject({ plaintextLength: readFileSync(plain).length })
  })

  it('are only those of the disk: a file that the page makes up has no handle', async () => {
    const made = await page.evaluate(async (path) => await (window as unknown as Desktop).desktop.handleOf(new File(['x'], path)), plain)
    expect(made).toBeUndefined()
    const nonsense = await page.evaluate(async (path) => await (window as unknown as Desktop).desktop.handleOf({ path, name: path }).catch(() => 'refused'), plain)
    expect(nonsense).toBe('refused')
  })

  it('leave the window as ciphertext only', async () => {
    const dragged = await app.main.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as { startDrag(item: { file: string }): void; dragged: string[] }
      contents.dragged = []
      contents.startDrag = ({ file }) => void contents.dragged.push(file)
      return contents.dragged
    })
    expect(dragged).toEqual([])
    expect(await page.evaluate(async (path) => await (window as unknown as Desktop).desktop.mayDragOut(path), plain)).toBeUndefined()
    const ticket = await page.evaluate(async (path) => await (window as unknown as Desktop).desktop.mayDragOut(path), sealed)
    await page.evaluate(([own, path]) => {
      const { desktop } = window as unknown as Desktop
      desktop.dragOut(path)
      desktop.dragOut(own)
    }, [ticket ?? '', plain] as const)
    const seen = (): Promise<string[]> =>
      app.main.evaluate(({ BrowserWindow }) => (BrowserWindow.getAllWindows()[0]?.webContents as unknown as { dragged: string[] }).dragged)
    await expect.poll(seen).toEqual([sealed])
  })

  it('have handles for one line: a new one knows none of them', async () => {
    const handle = (await drop(plain)) ?? ''
    line = await connect()
    await line.api.session.signIn({ passphrase: utf8(PASSPHRASE) })
    await expect(line.api.files.inspect({ path: handle })).rejects.toMatchObject({ code: expect.stringMatching(/^(FILE_UNREADABLE|ValidationException)$/) as string })
  })

  /** Drops a real file on the window, as the system does, and gives what the page gets for it. */
  async function drop(path: string): Promise<string | undefined> {
    await page.evaluate(() => {
      const own = window as unknown as Desktop & { dropped?: Promise<string | undefined> }
      const allow = (event: Event): void => event.preventDefault()
      window.addEventListener('dragover', allow)
      own.dropped = new Promise((resolve, reject) => {
        window.addEventListener(
          'drop',
          (event) => {
            event.preventDefault()
            window.removeEventListener('dragover', allow)
            const file = event.dataTransfer?.files[0]
            if (file === undefined) reject(new Error('no file came'))
            else own.desktop.handleOf(file).then(resolve, reject)
          },
          { once: true },
        )
      })
    })
    await dropFiles(page, [path])
    return await page.evaluate(() => (window as unknown as { dropped: Promise<string | undefined> }).dropped)
  }

  /** Answers the system's dialog for the person. */
  async function choose(what: 'files' | 'folder', paths: string[]): Promise<readonly ChosenOnHost[]> {
    await app.main.evaluate(({ dialog }, filePaths) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths })
    }, paths)
    return await page.evaluate((asked) => (window as unknown as Desktop).desktop.choose(asked), what)
  }
})

async function finished(stream: AsyncIterator<unknown, { path: string }>): Promise<string> {
  for (let next = await stream.next(); ; next = await stream.next()) if (next.done === true) return next.value.path
}
