import { randomUUID } from 'node:crypto'
import { app } from 'electron'
import { incidentLine, stderrLog } from '../log.ts'

// The first import of main. Electron's own handler of an uncaught exception is a modal dialog that shows its message, which may hold
// anything, and goes on with who knows what state. Ours writes the log's line and ends; the kernel drops the vault's lock with us.

process.on('uncaughtException', (error) => {
  stderrLog(incidentLine(randomUUID(), error))
  app.exit(1)
})
