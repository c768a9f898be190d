/** Takes one line of the log, without its line feed. */
export type Log = (line: string) => void

/** The owner's log goes to the standard error stream. */
export function stderrLog(line: string): void {
  process.stderr.write(`${line}\n`)
}

/**
 * One line about a fault of our own: names, codes and stack frames. Messages stay out, because a library may quote the value
 * it stumbled over (JSON.parse does), and that value may be a secret.
 */
export function incidentLine(incident: string, error: unknown): string {
  return `level=error incident=${incident} ${causes(error).map(described).join(' cause ')}`
}

/** The error and up to two causes behind it. */
function causes(error: unknown): unknown[] {
  const chain = [error]
  while (chain.length < 3) {
    const last = chain.at(-1)
    if (!(last instanceof Error) || last.cause === undefined) break
    chain.push(last.cause)
  }
  return chain
}

function described(error: unknown): string {
  if (!(error instanceof Error)) return `error=${typeof error}`
  const code = 'code' in error && typeof error.code === 'string' && /^[\w-]{1,64}$/.test(error.code) ? ` code=${error.code}` : ''
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line))
  const at = frames.slice(0, 12).map((line) => line.trim().slice(3))
  return `error=${error.name}${code} at=${JSON.stringify(at.join(' < '))}`
}
