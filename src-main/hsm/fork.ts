import { fork } from 'node:child_process'
import type { SpawnHost } from './host-process.ts'

/**
 * Hosts as children of Node. `path` is the host's entry, absolute: `host/main.ts` in the source tree, a `.js` in the built product.
 * The environment is the owner's, because vendors configure their libraries by variables; stdout and stderr are closed, because
 * nobody knows what a vendor's library writes there.
 */
export function forkHost(path: string, environment: NodeJS.ProcessEnv = process.env): SpawnHost {
  return (added) => {
    const child = fork(path, [], {
      env: { ...environment, ...added },
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    let ended: string | undefined
    let listener: ((how: string) => void) | undefined
    const end = (how: string) => {
      if (ended !== undefined) return
      ended = how
      listener?.(how)
    }
    child.on('exit', (code, signal) => { end(signal ?? `exit code ${code ?? 'unknown'}`) })
    // Without a pid there was no start and there will be no exit; other errors are of the channel, and an exit follows.
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) end(`cannot start, ${error.code ?? error.name}`)
    })
    return {
      pid: child.pid,
      post: (message) => {
        // The callback takes the error of a channel that has just closed; the exit tells the owner.
        if (child.connected) child.send([...message], () => undefined)
      },
      onMessage: (listen) => { child.on('message', listen) },
      onExit: (listen) => {
        listener = listen
        if (ended !== undefined) listen(ended)
      },
      kill: () => { child.kill('SIGKILL') },
    }
  }
}
