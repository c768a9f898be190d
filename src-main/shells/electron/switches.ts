import { app } from 'electron'

/** Switches by which another program could look into the app, or change what it runs. */
const debugging = ['remote-debugging-port', 'remote-debugging-pipe', 'remote-debugging-address', 'remote-allow-origins', 'inspect', 'inspect-brk', 'inspect-port', 'js-flags', 'load-extension'] as const

/** The first such switch that the packed app was started with; undefined if there is none. The fuses refuse those that are Node's own. */
export function forbiddenSwitch(): string | undefined {
  return app.isPackaged ? debugging.find((name) => app.commandLine.hasSwitch(name)) : undefined
}
