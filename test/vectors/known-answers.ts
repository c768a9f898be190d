import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One case of a published file: its names and values as they stand, with the section that it is in and its place there. */
export interface KnownAnswer {
  readonly section: string
  /** From 1, within the file. */
  readonly place: number
  /** The hex of a value; throws if there is none of this name. */
  hex(name: string): Uint8Array
  /** The text of a value; undefined if there is none. A line without a value (`FAIL`) has an empty one. */
  text(name: string): string | undefined
}

/** The cases of `algorithms/NAME.rsp`, in the form of NIST's response files: `[section]`, stanzas of `name = value`, `#` comments. */
export function knownAnswers(name: string): KnownAnswer[] {
  const stanzas = readFileSync(join(import.meta.dirname, 'algorithms', `${name}.rsp`), 'utf8').split(/\n{2,}/)
  let section = ''
  const found: KnownAnswer[] = []
  for (const stanza of stanzas) {
    const values = new Map<string, string>()
    for (const line of stanza.split('\n')) {
      if (line.startsWith('#') || line === '') continue
      const heading = /^\[(.*)\]$/.exec(line)
      const [key = '', value = ''] = line.split(/\s*=\s*/)
      if (heading) section = heading[1] ?? ''
      else values.set(key, value)
    }
    if (values.size > 0) found.push(answer(section, found.length + 1, values))
  }
  return found
}

function answer(section: string, place: number, values: ReadonlyMap<string, string>): KnownAnswer {
  return {
    section,
    place,
    text: (name) => values.get(name),
    hex(name) {
      const value = values.get(name)
      if (value === undefined || !/^[0-9a-f]*$/i.test(value)) throw new Error(`no hex for ${name} in case ${place}`)
      // NIST drops the leading zero of some numbers.
      return new Uint8Array(Buffer.from(value.length % 2 === 0 ? value : `0${value}`, 'hex'))
    },
  }
}
