import type { Command } from 'commander'
import { globalsOf } from './globals.ts'
import { asJson, printLine } from './print.ts'

/** `file bench`: how fast this machine ciphers, in memory and without a vault. */
export function addFileBench(file: Command): void {
  file
    .command('bench')
    .description('shows which AES-GCM of this machine files are encrypted with, and how fast each is in memory, per thread')
    .addHelpText('after', '\nExample:\n  $ holdfast file bench')
    .action(async (_options: unknown, command: Command) => {
      const { createEngineAlone } = await import('#files/engine/engine.ts')
      const engine = createEngineAlone()
      const state = await engine.state()
      await engine.close()
      if (globalsOf(command).json) {
        printLine(asJson(state))
        return
      }
      for (const { name, bytesPerSecond } of state.measured) printLine(`${name.padEnd(12)} ${(bytesPerSecond / 1e9).toFixed(2).padStart(6)} GB/s${name === state.chosen ? '  in use' : ''}`)
      printLine(`${state.threads} threads`)
    })
}
