// An owner in a process of its own, to be killed by a test: opens the member, prints the pid of its host, and stays.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { asMemberId } from '#core/vocabulary/ids.ts'
import { forkHost } from '#hsm/fork.ts'
import { createHsm } from '#hsm/hsm.ts'
import { testOwner } from './owner.ts'
import { hostFile, tools } from './soft-token.ts'

const [folder = '', serial = '', pin = ''] = process.argv.slice(2)
const id = asMemberId(randomUUID())
if (id === undefined) throw new Error('randomUUID gave no UUID')

const fork = forkHost(hostFile)
let pid: number | undefined
const hsm = createHsm({
  tools,
  spawnHost: (environment) => {
    const host = fork(environment)
    pid = host.pid
    return host
  },
})
const module = { library: 'softhsm', tokenDirectory: join(folder, 'tokens') }
await hsm.member({ id, name: 'SoftHSM', module, serial }, testOwner(pin)).open()
process.stdout.write(`${pid ?? 'none'}\n`)
