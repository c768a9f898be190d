import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { askForPort, portMessage } from '#contract/desktop.ts'
import { because, missing, startApp, type App } from './app.ts'

// What the page of the desktop app cannot do, tried from within it. docs/adr/0012-electron-shell.md has the list.

describe.skipIf(missing !== undefined)(`the page of the desktop app${because}`, () => {
  let app: App
  let page: Page
  /** Somebody on this machine who counts who comes. */
  let stranger: Server
  let visits = 0

  beforeAll(async () => {
    stranger = createServer((_request, response) => {
      visits += 1
      response.writeHead(200, { 'Access-Control-Allow-Origin': '*' }).end('hello')
    }).listen(0, '127.0.0.1')
    await once(stranger, 'listening')
    app = await startApp()
    page = app.page()
    await page.getByRole('heading').waitFor()
  })

  afterAll(async () => {
    await app[Symbol.asyncDispose]()
    stranger.close()
  })

  it('runs isolated and in a sandbox, with nothing of Node', async () => {
    const preferences = await app.main.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> }
      return contents.getLastWebPreferences()
    })
    expect(preferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
    })
    expect(await page.evaluate(() => ['require', 'process', 'Buffer', 'module', 'global', 'electron', 'ipcRenderer'].filter((name) => name in window))).toEqual([])
  })

  it('finds one thing on its window that a browser does not put there, and cannot change it', async () => {
    const own = await page.evaluate(() => {
      const frame = document.createElement('iframe')
      document.body.append(frame)
      const usual = new Set(Object.getOwnPropertyNames(frame.contentWindow))
      frame.remove()
      return Object.getOwnPropertyNames(window).filter((name) => !usual.has(name) && !/^\d+$|^__/.test(name))
    })
    expect(own).toEqual(['desktop'])
    const tried = await page.evaluate(() => {
      const { desktop } = window as unknown as { desktop: Record<string, unknown> }
      try {
        desktop['handleOf'] = () => 'mine'
      } catch {
        // Frozen: the attempt throws in a module.
      }
      return String(desktop['handleOf']).includes('mine')
    })
    expect(tried).toBe(false)
  })

  it('comes with the policy of serve, anew each time', async () => {
    const [first, second] = await page.evaluate(async () => {
      const policy = async () => (await fetch('/')).headers.get('content-security-policy')
      return [await policy(), await policy()]
    })
    expect(first).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self' 'nonce-[^']+'; .*require-trusted-types-for 'script'; trusted-types vue$/)
    expect(second).not.toBe(first)
  })

  it('runs no text as code', async () => {
    // Not directly: what Playwright evaluates may eval in spite of the policy.
    const results = await page.evaluate(async () => {
      const attempt = async (run: () => unknown): Promise<string> =>
        await new Promise((resolve) => {
          setTimeout(() => {
            try {
              run()
              resolve('it ran')
            } catch (error) {
              resolve((error as Error).name)
            }
          })
        })
      return [
        await attempt(() => (window as unknown as { eval(text: string): unknown }).eval('1')),
        await attempt(() => new (Function as unknown as new (text: string) => unknown)('return 1')),
        await attempt(() => {
          document.createElement('div').innerHTML = '<b>x</b>'
        }),
      ]
    })
    expect(results).toEqual(['EvalError', 'EvalError', 'TypeError'])
  })

  it('reaches nobody but the app', async () => {
    const address = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`
    expect(await page.evaluate((url) => fetch(url).then(() => 'reached', () => 'refused'), address)).toBe('refused')
    // The same without the page's policy: the session itself lets nothing out.
    const past = await app.main.evaluate(async ({ session }, url) => await session.defaultSession.fetch(url).then(() => 'reached', () => 'refused'), address)
    expect(past).toBe('refused')
    expect(visits).toBe(0)
  })

  it('opens no window and goes nowhere else', async () => {
    expect(await page.evaluate(() => window.open('app://holdfast/keys') === null)).toBe(true)
    for (const target of ['https://example.org/', 'app://notice/', 'file:///etc/passwd', 'data:text/html,x']) {
      await page.evaluate((url) => {
        location.href = url
      }, target)
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
      expect(page.url()).toMatch(/^app:\/\/holdfast\//)
    }
    expect(await app.main.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
  })

  it('embeds no other page', async () => {
    await page.evaluate(() => {
      const view = document.createElement('webview')
      view.setAttribute('src', 'https://example.org/')
      const frame = document.createElement('iframe')
      frame.src = 'app://holdfast/keys'
      document.body.append(view, frame)
    })
    // A refused frame shows an error page, under the address that was refused.
    const contents = await app.main.evaluate(async ({ webContents }) =>
      await Promise.all(webContents.getAllWebContents().map(async (each) => ({
        type: each.getType(),
        ours: await Promise.all(each.mainFrame.frames.map(async (frame) => (await frame.executeJavaScript("document.getElementById('app') !== null")) as boolean)),
      }))),
    )
    expect(contents).toEqual([{ type: 'window', ours: [false] }])
    await page.evaluate(() => document.querySelectorAll('webview, iframe').forEach((element) => element.remove()))
  })

  it('gets no permission but to copy', async () => {
    const answers = await page.evaluate(async () => {
      const outcome = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'granted', (error: unknown) => (error as Error).name)
      return {
        notifications: await Notification.requestPermission(),
        read: await outcome(navigator.clipboard.readText()),
        location: await new Promise((resolve) => navigator.geolocation.getCurrentPosition(() => resolve('granted'), ({ code }) => resolve(code))),
        camera: await outcome(navigator.mediaDevices.getUserMedia({ video: true })),
        midi: await outcome(navigator.requestMIDIAccess()),
      }
    })
    expect(answers).toMatchObject({ notifications: 'denied', read: 'NotAllowedError', location: 1 })
    expect([answers.camera, answers.midi]).not.toContain('granted')
    await page.bringToFront()
    await app.main.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.focus())
    await page.evaluate(() => navigator.clipboard.writeText('an ARN'))
    await expect.poll(() => app.main.evaluate(({ clipboard }) => clipboard.readText())).toBe('an ARN')
  })

  it('is served alone under its scheme', async () => {
    const answers = await app.main.evaluate(async ({ session }) => {
      const ask = async (url: string, method = 'GET'): Promise<number> => (await session.defaultSession.fetch(url, { method })).status
      return {
        page: await ask('app://holdfast/keys/1234'),
        outside: await ask('app://holdfast/..%2f..%2fpackage.json'),
        source: await ask('app://holdfast/assets/none.js'),
        post: await ask('app://holdfast/', 'POST'),
        otherHost: await ask('app://other/'),
        notices: await ask('app://notice/'),
      }
    })
    expect(answers).toEqual({ page: 200, outside: 404, source: 404, post: 404, otherHost: 404, notices: 404 })
  })

  it('gets its port only as the top frame of our own origin', async () => {
    /** What comes of asking main on behalf of a frame. */
    const portsFor = async (whose: 'top' | 'sub' | 'nobody'): Promise<number> =>
      await app.main.evaluate(
        ({ BrowserWindow }, [channel, answer, frame]) => {
          const contents = BrowserWindow.getAllWindows()[0]?.webContents
          if (contents === undefined) return -1
          let ports = 0
          const asker = { parent: null, origin: contents.mainFrame.origin, postMessage: () => (ports += 1) }
          const top = contents.mainFrame
          const original = top.postMessage
          top.postMessage = (name, message, transfer) => {
            if (name === answer) ports += 1
            original.call(top, name, message, transfer)
          }
          // `asker` says of itself what a top frame would say; it is not the top frame.
          contents.ipc.emit(channel, { senderFrame: frame === 'nobody' ? null : frame === 'top' ? top : asker })
          top.postMessage = original
          return ports
        },
        [askForPort, portMessage, whose] as const,
      )
    expect(await portsFor('nobody')).toBe(0)
    expect(await portsFor('sub')).toBe(0)
    expect(await portsFor('top')).toBe(1)

    // Another page in the same window, with the same preload, asks in vain.
    await app.main.evaluate(async ({ BrowserWindow }) => await BrowserWindow.getAllWindows()[0]?.loadURL('data:text/html,<p>stranger</p>'))
    await page.getByText('stranger').waitFor()
    const asked = app.main.evaluate(({ BrowserWindow }, channel) => new Promise((resolve) => BrowserWindow.getAllWindows()[0]?.webContents.ipc.once(channel, () => resolve('asked'))), askForPort)
    await page.evaluate(
      ([ask, answer]) => {
        window.addEventListener('message', ({ data }) => {
          if (data === answer) document.title = 'a port'
        })
        window.postMessage(ask, '*')
      },
      [askForPort, portMessage] as const,
    )
    expect(await asked).toBe('asked')
    expect(await page.title()).toBe('')
  })

  it('is opened once: a second start shows the first one and ends', async () => {
    const found = inject('electron')
    if ('missing' in found) return
    const shown = app.main.evaluate(({ app: electron }) => new Promise((resolve) => electron.once('second-instance', () => resolve('shown'))))
    const env = { ...process.env, HOLDFAST_HOME: app.home, ...(found.display === undefined ? {} : { DISPLAY: found.display }) }
    const second = spawn(found.path, ['--disable-gpu', ...found.args], { env, stdio: 'ignore' })
    const [code] = await once(second, 'exit')
    expect(code).toBe(0)
    expect(await shown).toBe('shown')
  })
})

describe('the preloads', () => {
  it.each(['console', 'notice', 'pin'])('of %s requires nothing but Electron, as a sandbox demands', (name) => {
    const text = readFileSync(join(import.meta.dirname, '..', '..', 'out', 'preload', `${name}.cjs`), 'utf8')
    expect([...text.matchAll(/require\((.*?)\)/g)].map(([, module]) => module)).toEqual(['"electron"'])
  })
})

describe('the main process', () => {
  it('starts no crash reporter, and awaits nothing at its top level', () => {
    const text = readFileSync(join(import.meta.dirname, '..', '..', 'out', 'electron', 'main.js'), 'utf8')
    expect(text).not.toContain('crashReporter')
    expect(text).not.toMatch(/^await /m)
  })
})
