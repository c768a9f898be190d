/** The ending of the files that we write (docs/adr/0010-files.md). */
export const ENDING = '.holdfast'

/** Endings that decrypting takes off: ours, and that of AWS's own command line. */
const ENDINGS = [ENDING, '.encrypted'] as const

/** `report.pdf` becomes `report.pdf.holdfast`. */
export function encryptedName(name: string): string {
  return name + ENDING
}

/** Whether a name says that decrypting it is meant. */
export function isEncryptedName(name: string): boolean {
  return ENDINGS.some((ending) => name.endsWith(ending))
}

/** `report.pdf.holdfast` becomes `report.pdf`; a name without such an ending gets `.decrypted`, so that it never replaces its source. */
export function decryptedName(name: string): string {
  const ending = ENDINGS.find((each) => name.endsWith(each))
  const plain = ending === undefined ? '' : name.slice(0, -ending.length)
  // What would be no file's name is not made one.
  return ['', '.', '..'].includes(plain) ? `${name}.decrypted` : plain
}

/** The n-th name beside one that is taken, from 2 on: `report (2).pdf`, `report (2).pdf.holdfast`. Decrypting the latter gives the former. */
export function numberedName(name: string, n: number): string {
  const ending = ENDINGS.find((each) => name.endsWith(each)) ?? ''
  const plain = name.slice(0, name.length - ending.length)
  // A dot in front is no extension's: `.profile` becomes `.profile (2)`.
  const dot = plain.lastIndexOf('.')
  const at = dot > 0 ? dot : plain.length
  return `${plain.slice(0, at)} (${n})${plain.slice(at)}${ending}`
}
