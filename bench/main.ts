// `npm run bench [quick]`: ratios measured in one run against a named peer or limit. Never part of the tests: machines are shared and noisy.

import { benchAudit } from './audit.ts'
import { benchEndpoint } from './endpoint.ts'
import { benchFiles } from './files.ts'
import { benchManyKeys } from './many-keys.ts'
import { benchService } from './service.ts'

const quick = process.argv.includes('quick')
if (process.argv.includes('files')) {
  await benchFiles(quick ? 3 : 7, quick ? 256 : 1024)
  process.exit(0)
}
await benchService(quick ? 3 : 5, quick ? 0.5 : 2)
console.log()
await benchEndpoint(quick ? 3 : 5, quick ? 0.5 : 2)
await benchFiles(quick ? 3 : 5, quick ? 128 : 512)
console.log()
await benchAudit(quick ? 100_000 : 1_000_000)
console.log()
await benchManyKeys(quick ? 10_000 : 100_000)
