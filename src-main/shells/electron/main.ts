import './uncaught.ts'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app } from 'electron'
import { homePath } from '../cli/homes.ts'
import { stderrLog } from '../log.ts'
import { runDesktop } from './desktop.ts'
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
mkdirSync(profile, { recursive: true, mode: 0o700 })
app.setPath('userData', profile)

const forbidden = forbiddenSwitch()
if (forbidden !== undefined) {
  stderrLog(`level=error refused=--${forbidden}`)
  app.exit(2)
} else if (!app.requestSingleInstanceLock()) {
  // The first one brings its window to the front.
  app.quit()
} else {
  void app.whenReady().then(() => runDesktop(home, profile))
}
