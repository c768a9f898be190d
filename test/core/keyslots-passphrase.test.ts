import { expect, it } from 'vitest'
import { preparePassphrase } from '#core/keyslots/passphrase.ts'
import { Secret } from '#core/vocabulary/secret.ts'

it.each([
  ['keeps case and inner and outer spaces', '  Correct  Horse ', '  Correct  Horse '],
  ['composes letters that were typed in two parts (NFC)', 'cafe\u0301', 'caf\u00e9'],
  ['makes other spaces U+0020', 'a\u00a0b\u3000c', 'a b c'],
  ['keeps full-width letters, unlike NFKC', '\uff21\uff22', '\uff21\uff22'],
  ['keeps emoji', 'key \u{1f511}', 'key \u{1f511}'],
])('%s', (_, typed, bytes) => {
  using given = Secret.fromText(typed)
  using prepared = preparePassphrase(given)
  expect(prepared.bytes).toEqual(new TextEncoder().encode(bytes))
})

it.each([
  ['no bytes', Buffer.alloc(0)],
  ['bytes that are no UTF-8', Buffer.from([0x61, 0xff])],
  ['a line end', Buffer.from('passphrase\n')],
  ['a NUL', Buffer.from('pass\0phrase')],
  ['more than 1024 bytes', Buffer.alloc(1025, 'a')],
])('refuses %s as MALFORMED and does not echo it', (_, bytes) => {
  expect(() => preparePassphrase(Secret.copy(bytes))).toThrow(expect.objectContaining({ code: 'MALFORMED', message: 'This is not a passphrase.' }))
})
