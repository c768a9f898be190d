import { describe, expect, it } from 'vitest'
import { decryptedName, encryptedName, numberedName } from '#core/files/names.ts'

describe('the names of files', () => {
  it.each([
    ['report.pdf.holdfast', 'report.pdf'],
    ['report.pdf.encrypted', 'report.pdf'],
    ['report.pdf', 'report.pdf.decrypted'],
    ['.holdfast', '.holdfast.decrypted'],
    ['..holdfast', '..holdfast.decrypted'],
    ['...holdfast', '...holdfast.decrypted'],
    ['a.holdfast.holdfast', 'a.holdfast'],
  ])('%s decrypts to %s', (name, plain) => {
    expect(decryptedName(name)).toBe(plain)
  })

  it('come back when what was encrypted is decrypted', () => {
    for (const name of ['a', 'a.b', '.profile', 'a.holdfast', 'a.encrypted', ' (2)']) expect(decryptedName(encryptedName(name))).toBe(name)
  })

  it.each([
    ['report.pdf', 'report (2).pdf'],
    ['report.pdf.holdfast', 'report (2).pdf.holdfast'],
    ['README', 'README (2)'],
    ['.profile', '.profile (2)'],
    ['a.tar.gz', 'a.tar (2).gz'],
  ])('%s beside another of its name is %s', (name, numbered) => {
    expect(numberedName(name, 2)).toBe(numbered)
  })
})
