import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// A vector is a text header (`name: value` lines), an empty line, and the body's bytes. The file's name says the fault.

export interface Vector {
  readonly header: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export function encodeVector({ header, body }: Vector): Buffer {
  const lines = Object.entries(header).map(([name, value]) => `${name}: ${value}\n`)
  return Buffer.concat([Buffer.from(`${lines.join('')}\n`), body])
}

export function decodeVector(bytes: Buffer): Vector {
  const end = bytes.indexOf('\n\n')
  const lines = bytes.subarray(0, end).toString().split('\n')
  const header = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]))
  return { header, body: bytes.subarray(end + 2) }
}

/** All vectors of a folder by name, in order. */
export function readVectors(folder: string): Map<string, Vector> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.vector')).sort()
  return new Map(names.map((name) => [name.slice(0, -'.vector'.length), decodeVector(readFileSync(join(folder, name)))]))
}

/** Replaces a folder's vectors. */
export function writeVectors(folder: string, vectors: ReadonlyMap<string, Vector>): void {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) if (name.endsWith('.vector')) rmSync(join(folder, name))
  for (const [name, vector] of vectors) writeFileSync(join(folder, `${name}.vector`), encodeVector(vector))
}
