import { Session } from 'node:inspector/promises'
import { text } from 'node:stream/consumers'

// Counts how often V8 runs each block of the unpadding, per encoded message: `node oaep-child.ts`, a JSON array of hex on standard input.
// In a process of its own, because V8 counts blocks only in functions that it compiled after the counting began.

export interface Block {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly count: number
}

const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
const { oaepUnpad } = await import('#hsm/host/oaep.ts')

async function taken(): Promise<Block[]> {
  const { result } = await session.post('Profiler.takePreciseCoverage')
  return result
    .filter(({ url }) => url.endsWith('/hsm/host/oaep.ts'))
    .flatMap(({ functions }) => functions)
    .filter(({ functionName }) => functionName !== '')
    .flatMap(({ functionName: name, ranges }) => ranges.map(({ startOffset: from, endOffset: to, count }) => ({ name, from, to, count })))
}

const counted: Block[][] = []
const messages = JSON.parse(await text(process.stdin)) as string[]
// Once unmeasured: what is compiled lazily is compiled now.
for (const message of messages) oaepUnpad(Buffer.from(message, 'hex'))
await taken()
for (const message of messages) {
  oaepUnpad(Buffer.from(message, 'hex'))
  counted.push(await taken())
}
process.stdout.write(JSON.stringify(counted))
