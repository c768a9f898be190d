import { NEXT_PASSPHRASE, PASSPHRASE, secret, vaultAt } from './temporary-vault.ts'
import { watchedHome, watchedHsm, type Watch } from './watched-ports.ts'

// A process that kills itself, as the kernel would, at the given step of one change: `node change-child.ts HOME CHANGE STEP`.
// Steps are counted over the ports' calls, before and after each. Prints the number of steps if it survives.

const [, , homePath = '', change = '', stepText = ''] = process.argv
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
if (change === 'create-key') await vault.api.kms.CreateKey({})
else await vault.api.vault.changePassphrase({ current: secret(PASSPHRASE), next: secret(NEXT_PASSPHRASE) })
counting = false
await vault[Symbol.asyncDispose]()
process.stdout.write(String(step))
