import type { TokenFacts } from '#core/ports/hsm.ts'

/** A running host as its owner sees it: child_process and Electron's utilityProcess both fit. */
export interface HostProcess {
  /** Undefined if the process could not be started. */
  readonly pid: number | undefined
  /** Serialises at once; what is posted to a process that has ended is dropped without an error. */
  post(message: readonly unknown[]): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once, however the process ended or failed to start; `how` is for people, such as `SIGSEGV` or `exit code 1`. */
  onExit(listener: (how: string) => void): void
  /** Hands the host a port of Electron's over which a PIN comes (`PinEntry`). Node has no ports that cross processes. */
  givePinPort?(port: unknown): void
  /** Ends the process without asking it (SIGKILL): a hung library hears nothing else. May be called twice. */
  kill(): void
}

/** Starts a host with these variables added to its environment. Throws nothing: a failure to start is an exit. */
export type SpawnHost = (environment: Readonly<Record<string, string>>) => HostProcess

/**
 * Has a person type a token's PIN straight into its host: nothing of it passes through the owner. Resolves true once the host has it, false if
 * the person thinks better of it or the host is gone.
 */
export type PinEntry = (request: { host: HostProcess; member: string; token: TokenFacts; gone: Promise<unknown> }) => Promise<boolean>
