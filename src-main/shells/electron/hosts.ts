import { constants } from 'node:os'
import { utilityProcess, type MessagePortMain } from 'electron'
import type { SpawnHost } from '#hsm/host-process.ts'

/**
 * HSM hosts as Electron's utility processes: no Node binary is needed and RunAsNode can be off. `path` is the host's entry, absolute.
 * The environment is ours, because vendors configure their libraries by variables; what a library prints is lost.
 */
export function utilityHost(path: string, environment: NodeJS.ProcessEnv = process.env): SpawnHost {
  return (added) => {
    const child = utilityProcess.fork(path, [], {
      env: { ...environment, ...added },
      stdio: 'ignore',
      serviceName: 'Holdfast HSM host',
      // macOS: a vendor's library carries the vendor's signature, not ours.
      allowLoadingUnsignedLibraries: true,
    })
    let ended: string | undefined
    let killed = false
    let listener: ((how: string) => void) | undefined

    /** There is no pid before the process runs: a kill that came earlier is remembered. */
    function kill(): void {
      killed = true
      if (child.pid === undefined || ended !== undefined) return
      try {
        process.kill(child.pid, 'SIGKILL')
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
      }
    }

    child.on('spawn', () => {
      if (killed) kill()
    })
    child.on('exit', (code) => {
      ended = describeExit(code)
      listener?.(ended)
    })
    return {
      get pid() {
        return child.pid
      },
      post(message) {
        // What is posted before the start waits for it; after the exit nobody reads it.
        if (ended === undefined) child.postMessage(message)
      },
      givePinPort(port) {
        if (ended === undefined) child.postMessage('pin', [port as MessagePortMain])
      },
      onMessage(listen) {
        child.on('message', listen)
      },
      onExit(listen) {
        listener = listen
        if (ended !== undefined) listen(ended)
      },
      kill,
    }
  }
}

/** Chromium gives the number of the signal that ended a process in the place of its exit code. */
function describeExit(code: number): string {
  const signal = fatal.find((name) => constants.signals[name] === code)
  return signal ?? `exit code ${code}`
}

const fatal = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGKILL', 'SIGSEGV', 'SIGTERM'] as const satisfies readonly NodeJS.Signals[]
