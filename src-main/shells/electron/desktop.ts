import { join } from 'node:path'
import { app, powerMonitor, session, type BrowserWindow } from 'electron'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { PinEntry } from '#hsm/host-process.ts'
import { createHsm } from '#hsm/hsm.ts'
import type { LockReason } from '#services/status.ts'
import { takeOwnership } from '../cli/access.ts'
import type { Holdfast } from '../compose.ts'
import { describeFailure } from '../failures.ts'
import { listenLocally } from '../local/listen.ts'
import { stderrLog } from '../log.ts'
import { consoleFolder, hostProgram, preloadProgram, toolsFolder, version, windowIcon } from '../places.ts'
import { readPages } from '../serve/pages.ts'
import { clientInProcess, createHandler, type Handler } from '../transport.ts'
import { rememberCopies } from './clipboard.ts'
import { openConsoleWindow, type ConsoleWindow } from './console-window.ts'
import { offerFiles } from './files.ts'
import { guardSession } from './hardening.ts'
import { utilityHost } from './hosts.ts'
import { watchForAbsence } from './lock-triggers.ts'
import { whenLocked } from './locked.ts'
import { setMenu } from './menu.ts'
import { showNotice } from './notice.ts'
import { pinWindow } from './pin-window.ts'
import { offerPort } from './port.ts'
import { serveScheme } from './scheme.ts'
import { openSettings } from './settings.ts'

const agent = `holdfast-desktop/${version()}`

/** The desktop app over one home, from a ready Electron to its end. `profile` is Chromium's folder, and the settings'. */
export async function runDesktop(homePath: string, profile: string): Promise<void> {
  const copied = rememberCopies()
  guardSession(session.defaultSession, copied.copying)
  serveScheme(session.defaultSession, { holdfast: readPages(consoleFolder()) })
  // The last window's end is the app's end, but not while a notice makes way for the next try.
  app.on('window-all-closed', () => undefined)
  // The vault comes before the window, and may ask for a PIN in front of it.
  const open: { window?: BrowserWindow } = {}
  const holdfast = await own(homePath, pinWindow(() => open.window))
  if (holdfast === undefined) {
    app.quit()
    return
  }
  holdfast.vault.reside()
  await holdfast.files.removeLeftovers()
  const handler = createHandler(holdfast.router, stderrLog)
  const local = await listenLocally(holdfast.home.path, localServices(handler), process.env)
  endWith(async () => {
    await copied.clear()
    await local.close()
    await holdfast.close()
  })

  const settings = openSettings(join(profile, 'settings.json'))
  const lock = (because: LockReason): void => void holdfast.vault.lock(because)
  const console: ConsoleWindow = openConsoleWindow({
    settings,
    preload: preloadProgram('console'),
    icon: windowIcon(),
    onCrash: (reason) => void tellOfCrash(reason, console.window),
    onHang: () => void tellOfHang(console),
  })
  open.window = console.window
  console.window.on('closed', () => app.quit())
  const line = offerPort(console.window, handler, agent)
  offerFiles(console.window, { line, icon: windowIcon(), inspect: async ({ connection }, path) => clientInProcess(holdfast.router, connection, stderrLog).files.inspect({ path }) })
  setMenu(settings, { lock: () => lock('request') })
  watchForAbsence(() => settings.current.lock, (because) => {
    const connection = line()?.connection
    // While the endpoint serves others the vault stays open for them: only the person at this window is signed out.
    if (because !== 'idle' || connection === undefined || holdfast.vault.status(connection).endpoint === undefined) {
      lock(because)
    } else if (connection.session !== undefined) {
      holdfast.vault.signOut(connection)
      console.renew()
    }
  })
  powerMonitor.on('resume', () => void holdfast.vault.look())
  app.on('second-instance', () => console.show())
  await whenLocked(holdfast.vault, agent, () => {
    console.renew()
    void copied.clear()
  })
}

/** Makes this process the owner of the home. Undefined if another one is, and the person gave up. */
async function own(homePath: string, enterPin: PinEntry): Promise<Holdfast | undefined> {
  const hsm = createHsm({ spawnHost: utilityHost(hostProgram()), enterPin, tools: toolsFolder() })
  while (true) {
    try {
      return await takeOwnership(homePath, agent, hsm)
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      const { text } = describeFailure(error)
      const advice = error.code === 'ALREADY_RUNNING' ? 'It was started by another program, such as holdfast serve. Stop that one to open the vault here.' : 'Stop that process, or wait until it is done.'
      const pressed = await showNotice({ title: 'The vault is in use', text: `${text} ${advice}\n${homePath}`, buttons: ['Try again', 'Quit'] })
      if (pressed === 1) return undefined
    }
  }
}

/** What other commands of the same person get over the local socket. There is no link: the console is our own window. */
function localServices(handler: Handler): Parameters<typeof listenLocally>[1] {
  return {
    rpc(socket, agent) {
      handler.serve(socket, { via: 'cli', source: 'local', agent, session: undefined })
    },
    link: () => undefined,
  }
}

/** Runs the work once before the app ends, however the end was asked for. */
function endWith(work: () => Promise<void>): void {
  let ending = false
  app.on('will-quit', (event) => {
    event.preventDefault()
    if (ending) return
    ending = true
    void work().finally(() => app.exit(0))
  })
}

async function tellOfCrash(reason: string, parent: BrowserWindow): Promise<void> {
  await showNotice(
    {
      title: 'The window had to be started again',
      text: `Its process ended (${reason}). The vault and its HSMs go on as they were; what was typed and not yet sent is lost. Sign in again to go on.`,
      buttons: ['Go on'],
    },
    parent,
  )
}

async function tellOfHang(console: ConsoleWindow): Promise<void> {
  const pressed = await showNotice(
    { title: 'The window does not answer', text: 'It has not answered for some time. What was typed and not yet sent is lost if it is started again.', buttons: ['Wait', 'Start it again'] },
    console.window,
  )
  if (pressed === 1) console.renew()
}
