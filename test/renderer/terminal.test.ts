import { describe, expect, it } from 'vitest'
import { plainText } from '#ui/code.ts'
import { awsLines, commandLines, kebab, quoted, requestLines, type Call } from '#ui/terminal.ts'

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

  it("ends AWS's own command in a file with the bytes of the answer", () => {
    expect(plainText(awsLines([{ ...encrypt, takes: { member: 'CiphertextBlob', file: 'blob.bin' } }]))).toBe(
      [
        'aws kms encrypt \\', '  --key-id alias/payroll \\', '  --plaintext fileb://secret.bin \\', '  --encryption-context purpose=payroll,year=2026 \\',
        '  --query CiphertextBlob \\', '  --output text \\', '  --endpoint-url "$AWS_ENDPOINT_URL_KMS" \\', '  | base64 -d > blob.bin',
      ].join('\n'),
    )
  })

  it("hands the id of a new key from one of AWS's commands to the next", () => {
    const calls: Call[] = [
      { operation: 'CreateKey', members: [{ name: 'KeySpec', value: { kind: 'text', text: 'RSA_2048' } }], takes: { member: 'KeyMetadata.KeyId', variable: 'KEY_ID' } },
      { operation: 'CreateAlias', members: [{ name: 'TargetKeyId', value: { kind: 'variable', variable: 'KEY_ID' } }] },
    ]
    const text = plainText(awsLines(calls))
    expect(text).toContain('KEY_ID=$(aws kms create-key')
    expect(text).toContain('--endpoint-url "$AWS_ENDPOINT_URL_KMS")\naws kms create-alias \\\n  --target-key-id "$KEY_ID"')
  })

  it('writes the request with its target and valid JSON', () => {
    const text = plainText(requestLines([encrypt]))
    const [target, ...body] = text.split('\n')
    expect(target).toBe('X-Amz-Target: TrentService.Encrypt')
    expect(JSON.parse(body.join('\n'))).toEqual({ KeyId: 'alias/payroll', Plaintext: '<base64 of secret.bin>', EncryptionContext: { purpose: 'payroll', year: '2026' } })
  })
})
