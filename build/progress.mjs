// What set-up says: one line per thing done, on stderr, so that stdout stays the command's own.

/** Says one line. @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/**
 * Does one thing that takes time: says so at the start, every 15 seconds while it lasts, and when it is done.
 * @template T
 * @param {string} what a gerund: "installing npm packages"
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(what, work) {
  const started = performance.now()
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(0)} s`
  say(`holdfast: ${what} …`)
  const reminder = setInterval(() => say(`holdfast: still ${what} (${seconds()})`), 15_000)
  try {
    const result = await work()
    say(`holdfast: ${what}: done in ${seconds()}`)
    return result
  } finally {
    clearInterval(reminder)
  }
}

/** Something that a person must do or know. Its message is all that is printed. */
export class SetUpError extends Error {
  /**
   * @param {string} what what went wrong, a sentence
   * @param {string} [command] what to run by hand
   */
  constructor(what, command) {
    super(command ? `${what}\n  Run by hand: ${command}` : what)
  }
}

/**
 * Runs a script's main function; a SetUpError becomes its message and exit code 1.
 * @param {() => Promise<number>} main resolves to the exit code
 */
export async function runMain(main) {
  try {
    process.exitCode = await main()
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error
    say(`holdfast: ${error.message}`)
    process.exitCode = 1
  }
}
