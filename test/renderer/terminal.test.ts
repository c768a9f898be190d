import { describe, expect, it } from 'vitest'
import { plainText } from '#ui/code.ts'
import { commandLines, kebab, quoted, requestLines, type Call } from '#ui/terminal.ts'

const encrypt: Call = {
  operation: 'Encrypt',
  members: [
    { name: 'KeyId', value: { kind: 'text', text: 'alias/payroll' } },
    { name: 'Plaintext', value: { kind: 'file', file: 'secret.bin' } },
    { name: 'EncryptionContext', value: { kind: 'map', pairs: { purpose: 'payroll', year: '2026' } } },
  ],
}

describe('the same from a terminal', () => {
  it('spells operations and members as the AWS command line does', () => {
    expect(kebab('GenerateDataKeyWithoutPlaintext')).toBe('generate-data-key-without-plaintext')
    expect(kebab('KeyId')).toBe('key-id')
  })

  it('writes one option a line, bytes from a file, the context in shorthand', () => {
    expect(plainText(commandLines([encrypt]))).toBe(
      ['holdfast kms encrypt \\', '  --key-id alias/payroll \\', '  --plaintext fileb://secret.bin \\', '  --encryption-context purpose=payroll,year=2026'].join('\n'),
    )
  })

  it('writes the context as quoted JSON where the shorthand could not carry it', () => {
    const call: Call = { operation: 'Decrypt', members: [{ name: 'EncryptionContext', value: { kind: 'map', pairs: { note: "it's a, b" } } }] }
    expect(plainText(commandLines([call]))).toBe(`holdfast kms decrypt \\\n  --encryption-context '{"note":"it'\\''s a, b"}'`)
  })

  it('writes tags as the AWS command line takes them', () => {
    const call: Call = { operation: 'CreateKey', members: [{ name: 'Tags', value: { kind: 'tags', tags: [{ TagKey: 'team', TagValue: 'finance' }] } }] }
    expect(plainText(commandLines([call]))).toContain('--tags TagKey=team,TagValue=finance')
  })

  it.each([
    ['alias/a', 'alias/a'],
    ['two words', "'two words'"],
    ['$HOME', "'$HOME'"],
    ["it's", String.raw`'it'\''s'`],
    ['', "''"],
  ])('leaves no word to the shell: %s', (word, shown) => {
    expect(quoted(word)).toBe(shown)
  })

  it('writes the request with its target and valid JSON', () => {
    const text = plainText(requestLines([encrypt]))
    const [target, ...body] = text.split('\n')
    expect(target).toBe('X-Amz-Target: TrentService.Encrypt')
    expect(JSON.parse(body.join('\n'))).toEqual({ KeyId: 'alias/payroll', Plaintext: '<base64 of secret.bin>', EncryptionContext: { purpose: 'payroll', year: '2026' } })
  })
})
