// Loaded into what npm started: ends it by SIGTERM when npm's shell is gone. npm passes SIGTERM to its shell, and
// Debian's shell dies of it without passing it on; the program would go on as an orphan that still owns the vault.

import { isMainThread } from 'node:worker_threads'

const interval = 200 // milliseconds; asking for the parent's id is one system call

if (isMainThread && process.platform !== 'win32') {
  forgetOption()
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, interval)
  watch.unref()
}

/** The processes that the program forks are its own affair: they must not inherit the option that loads this file. */
function forgetOption() {
  const at = process.execArgv.indexOf('--import')
  if (at >= 0) process.execArgv.splice(at, 2)
}
