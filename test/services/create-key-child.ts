import { secret, PASSPHRASE, vaultAt } from './temporary-vault.ts'
import { watchedHome, watchedHsm, type Watch } from './watched-ports.ts'

// A process that kills itself, as the kernel would, at the given step of its CreateKey: `node create-key-child.ts HOME STEP`.
// Steps are counted over the ports' calls, before and after each. Prints the number of steps if it survives.

const [, , homePath = '', stepText = ''] = process.argv
let counting = false
let step = 0

const watch: Watch = () => {
  if (!counting) return
  if (step === Number(stepText)) process.kill(process.pid, 'SIGKILL')
  step += 1
}

const vault = vaultAt(homePath, { hsm: watchedHsm(watch), home: (path) => watchedHome(path, watch) })
await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
counting = true
await vault.api.kms.CreateKey({})
counting = false
await vault[Symbol.asyncDispose]()
process.stdout.write(String(step))
