import './uncaught.ts'
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app } from 'electron'
import { homePath } from '../cli/homes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { describeFailure } from '../failures.ts'
import { incidentLine, stderrLog } from '../log.ts'
import { runDesktop } from './desktop.ts'
import { guardPages } from './hardening.ts'
import { showNotice } from './notice.ts'
import { forbiddenSwitch } from './switches.ts'
import { declareScheme } from './scheme.ts'

// The desktop app. Nothing here may be awaited: Electron is ready only after this module has run to its end.

app.setName('Holdfast')
// Root can have no sandbox (Chromium says so), and has to ask for that by its switch.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
declareScheme()

const named = app.commandLine.getSwitchValue('home') || process.env['HOLDFAST_HOME'] || undefined
const home = homePath(named, process.env)
// Chromium's profile is part of the home: another home is another app, with a single-instance lock of its own.
const profile = join(home, 'desktop')
const unusable = makeFolder(profile)
if (unusable === undefined) app.setPath('userData', profile)

const forbidden = forbiddenSwitch()
if (forbidden !== undefined) {
  stderrLog(`level=error refused=--${forbidden}`)
  app.exit(2)
} else if (unusable === undefined && !app.requestSingleInstanceLock()) {
  // The first one brings its window to the front.
  app.quit()
} else {
  void app.whenReady().then(async () => {
    guardPages()
    try {
      if (unusable !== undefined) throw new VaultError('FILE_UNWRITABLE', { file: profile, reason: unusable })
      await runDesktop(home, profile)
    } catch (error) {
      await tellOfEnd(error)
    }
  })
}

/** Makes a folder for its owner alone. The reason if it cannot be made. */
function makeFolder(path: string): string | undefined {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
    throw error
  }
}

/** Says why the app cannot go on, and ends it. */
async function tellOfEnd(error: unknown): Promise<void> {
  const incident = randomUUID()
  if (!(error instanceof VaultError)) stderrLog(incidentLine(incident, error))
  const { text, advice = '' } = describeFailure(error instanceof VaultError ? error : new VaultError('INTERNAL', { incident }))
  await showNotice({ title: 'Holdfast cannot go on', text: `${text} ${advice}`, buttons: ['Quit'] })
  app.exit(1)
}
