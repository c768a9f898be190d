import { forkHost } from '#hsm/fork.ts'
import { createHsm } from '#hsm/hsm.ts'
import { hostProgram } from '#shells/places.ts'
import { PASSPHRASE, secret, vaultAt } from '../temporary-vault.ts'
import { watchedHsm } from '../watched-ports.ts'

// Begins CreateKey for RSA-4096 and kills itself while the token is at it: `node generation-child.ts HOME`. Prints the pid of each HSM host.

const [, , homePath = ''] = process.argv
const fork = forkHost(hostProgram())
const hsm = createHsm({
  spawnHost: (added) => {
    const host = fork(added)
    process.stdout.write(`${String(host.pid)}\n`)
    return host
  },
})
const vault = vaultAt(homePath, {
  hsm: watchedHsm((call, when) => {
    // The request leaves with the next turns of the loop; a token needs far longer for such a pair.
    if (call === 'hsm.generateKey' && when === 'before') setTimeout(() => process.kill(process.pid, 'SIGKILL'), 30)
  }, undefined, hsm),
})
await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
await vault.api.kms.CreateKey({ KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' })
throw new Error('the pair was made before the kill')
