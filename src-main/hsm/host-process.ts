/** A running host as its owner sees it: child_process and Electron's utilityProcess both fit. */
export interface HostProcess {
  /** Undefined if the process could not be started. */
  readonly pid: number | undefined
  /** Serialises at once; what is posted to a process that has ended is dropped without an error. */
  post(message: readonly unknown[]): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once, however the process ended or failed to start; `how` is for people, such as `SIGSEGV` or `exit code 1`. */
  onExit(listener: (how: string) => void): void
  /** Ends the process without asking it (SIGKILL): a hung library hears nothing else. May be called twice. */
  kill(): void
}

/** Starts a host with these variables added to its environment. Throws nothing: a failure to start is an exit. */
export type SpawnHost = (environment: Readonly<Record<string, string>>) => HostProcess
