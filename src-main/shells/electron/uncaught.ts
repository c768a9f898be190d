import { randomUUID } from 'node:crypto'
import { app } from 'electron'
import { incidentLine, stderrLog } from '../log.ts'

// The first import of main. Electron shows an uncaught exception in a modal dialog with its message, which may hold anything, and goes on;
// of a rejection that nobody handles it only warns. Ours writes the log's line and ends: nobody knows what state is left, and the kernel
// drops the vault's lock with us.

process.on('uncaughtException', end)
process.on('unhandledRejection', end)

function end(error: unknown): void {
  stderrLog(incidentLine(randomUUID(), error))
  app.exit(1)
}
