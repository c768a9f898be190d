import { NEXT_PASSPHRASE, PASSPHRASE, secret, vaultAt } from './temporary-vault.ts'
import { importMaterial } from './imported.ts'
import { watchedHome, watchedHsm, type Watch } from './watched-ports.ts'

// A process that kills itself, as the kernel would, at the given step of one change: `node change-child.ts HOME CHANGE STEP`.
// Steps are counted over the ports' calls, before and after each. Prints the number of steps if it survives.

const [, , homePath = '', change = '', stepText = ''] = process.argv
/** What a change to create a key creates. */
const specs = new Map([
  ['create-key', {}],
  ['create-pair', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }],
  ['create-sealed', { KeySpec: 'ML_DSA_44', KeyUsage: 'SIGN_VERIFY' }],
])
let counting = false
let step = 0

const watch: Watch = () => {
  if (!counting) return
  if (step === Number(stepText)) process.kill(process.pid, 'SIGKILL')
  step += 1
}

const vault = vaultAt(homePath, { hsm: watchedHsm(watch), home: (path) => watchedHome(path, watch) })
await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
const { KeyId } = (await vault.api.kms.ListKeys({})).Keys[0] ?? { KeyId: '' }
counting = true
const spec = specs.get(change)
if (spec !== undefined) await vault.api.kms.CreateKey(spec)
else if (change === 'import') await importMaterial(vault.api, KeyId)
else if (change === 'delete-import') await vault.api.kms.DeleteImportedKeyMaterial({ KeyId })
else await vault.api.vault.changePassphrase({ current: secret(PASSPHRASE), next: secret(NEXT_PASSPHRASE) })
counting = false
await vault[Symbol.asyncDispose]()
process.stdout.write(String(step))
