/** A part of a line of code, with the weight it has. */
export interface CodeSpan {
  readonly text: string
  readonly kind?: 'strong' | 'value'
}

/** A value as indented JSON, its scalars marked. */
export function jsonLines(value: unknown): CodeSpan[][] {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => {
      const parts = /^(\s*(?:"(?:[^"\\]|\\.)*": )?)("(?:[^"\\]|\\.)*"|[-0-9][^,]*|true|false|null)(,?)$/.exec(line)
      if (parts === null) return [{ text: line }]
      return [{ text: parts[1] ?? '' }, { text: parts[2] ?? '', kind: 'value' }, { text: parts[3] ?? '' }]
    })
}

/** The same characters as a text, for the clipboard. */
export function plainText(lines: readonly (readonly CodeSpan[])[]): string {
  return lines.map((line) => line.map((span) => span.text).join('')).join('\n')
}
