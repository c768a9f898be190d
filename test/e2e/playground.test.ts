import { createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fromBase64 } from '#core/vocabulary/bytes.ts'
import { prepared } from './lab.ts'
import { missing } from './needs.ts'
import { tell } from './story.ts'

// A key pair from its wizard to a signature that OpenSSL believes, then the other kinds of keys. Each sentence goes on where the one before ended.

describe.skipIf(missing !== undefined)(`keys of every kind${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const desk = missing === undefined ? mkdtempSync(join(tmpdir(), 'hf-bench-')) : ''
  afterAll(() => {
    rmSync(desk, { recursive: true, force: true })
  })
  const story = tell(
    prepared(async ({ vault: { api }, key }) => {
      await key('alias/payroll')
      await key('alias/archive')
      for (const [alias, KeySpec, KeyUsage] of [
        ['alias/session', 'HMAC_256', 'GENERATE_VERIFY_MAC'],
        ['alias/mailbox', 'RSA_2048', 'ENCRYPT_DECRYPT'],
        ['alias/tunnel', 'ECC_NIST_P256', 'KEY_AGREEMENT'],
        ['alias/future', 'ML_KEM_768', 'ENCAPSULATE_DECAPSULATE'],
      ] as const) {
        const { KeyMetadata } = await api.kms.CreateKey({ KeySpec, KeyUsage })
        await api.kms.CreateAlias({ AliasName: alias, TargetKeyId: KeyMetadata.KeyId })
      }
    }),
  )
  let pem: string

  it('are chosen by what they are for, with what the HSM can do', async () => {
    const { me, screen } = story
    await me.button('Create key').click()
    await me.heading('Type and usage')
    await me.page.getByRole('radio', { name: /^Sign and verify/ }).click()
    expect(await screen.look('create-kind')).toEqual([])
    await me.button('Next: key spec').click()
    await me.heading('Key spec')
    await me.page.getByRole('radio', { name: /^ECC_NIST_P384/ }).click()
    await me.text('--key-spec ECC_NIST_P384').waitFor()
    await me.text(/the private key is sealed by a key of the HSM/).waitFor()
    expect(await screen.look('create-spec')).toEqual([])
  })

  it('have no rotation in their steps where AWS KMS rotates none', async () => {
    const { me, screen } = story
    await me.button('Next: alias and tags').click()
    await me.page.getByRole('textbox', { name: 'Alias' }).fill('code-signing')
    await me.button('Next: review').click()
    await me.text('KEY_ID=$(aws kms create-key').waitFor()
    await me.text('Sign and verify, asymmetric').waitFor()
    expect(await screen.look('create-review-pair')).toEqual([])
    await me.button('Create key').click()
    await me.heading('alias/code-signing')
  })

  it('sign, and verify what they have signed', async () => {
    const { me, screen } = story
    await me.tab('Playground')
    await me.field('Message').fill('release 1.0')
    await me.page.getByLabel('Operation').getByText('Sign').click()
    await submit('Sign').click()
    await me.page.getByTestId('ciphertext').waitFor()
    const signature = fromBase64((await me.page.getByTestId('ciphertext').textContent()) ?? '')!
    expect(await screen.look('playground-sign')).toEqual([])
    await me.button('Verify it').click()
    await submit('Verify').click()
    await me.text('The signature is valid.').waitFor()
    expect(await screen.look('playground-verify')).toEqual([])
    await choose('Public key')
    await submit('Show public key').click()
    pem = (await me.page.getByTestId('public-key').textContent()) ?? ''
    expect(verify('sha384', Buffer.from('release 1.0'), createPublicKey(pem), signature)).toBe(true)
    expect(await screen.look('playground-public-key')).toEqual([])
  })

  it('show both halves of a pair as the token describes them, and why nothing rotates', async () => {
    const { me, screen } = story
    await me.tab('Cryptography')
    await me.text('Never by itself: others hold its public key.').waitFor()
    await me.button('Read attributes').click()
    await me.page.getByRole('row', { name: /CKA_KEY_TYPE CKK_EC/ }).waitFor()
    expect(await screen.look('key-cryptography-pair')).toEqual([])
    await me.page.getByLabel('Object', { exact: true }).getByText('Public key').click()
    await me.page.getByRole('row', { name: /CKA_EC_POINT/ }).waitFor()
    await me.tab('Playground')
  })

  it('say at its place that a signature is not valid', async () => {
    const { me, screen } = story
    // What was typed is forgotten with the tab.
    await me.field('Message').fill('release 1.0')
    await submit('Sign').click()
    await me.button('Verify it').click()
    await me.field('Message').fill('release 1.1')
    await submit('Verify').click()
    await me.page.getByRole('alert').getByText('The signature does not belong to this message').waitFor()
    expect(await screen.look('playground-not-valid')).toEqual([])
    screen.forgive('400')
  })

  it('make MACs of a file, with the command for it', async () => {
    const { me, screen } = story
    writeFileSync(join(desk, 'webhook.json'), '{"paid":true}')
    await onTheBench('alias/session')
    await choose('Make MAC')
    await me.page.getByRole('button', { name: 'File', exact: true }).or(me.page.getByRole('radio', { name: 'File' })).first().click()
    await me.page.setInputFiles('input[type=file]', join(desk, 'webhook.json'))
    await me.text('--message fileb://webhook.json').waitFor()
    await submit('Make MAC').click()
    await me.button('Verify it').click()
    await submit('Verify MAC').click()
    await me.text('The MAC is valid.').waitFor()
    expect(await screen.look('playground-mac')).toEqual([])
  })

  it('encrypt under RSA as much as fits', async () => {
    const { me } = story
    await onTheBench('alias/mailbox')
    await me.field('Plaintext').fill('x'.repeat(215))
    await me.text('At most 214 bytes fit in one call.').waitFor()
    await me.field('Plaintext').fill('hello')
    await submit('Encrypt').click()
    await me.button('Decrypt it').click()
    await submit('Decrypt').click()
    expect(await me.page.getByTestId('plaintext').textContent()).toBe('hello')
  })

  it('agree on a secret with the other side, and hide it', async () => {
    const { me, screen } = story
    await onTheBench('alias/tunnel')
    await choose('Public key')
    await submit('Show public key').click()
    const own = (await me.page.getByTestId('public-key').textContent()) ?? ''
    await choose('Derive secret')
    await me.field('Public key of the other side').fill(own)
    await submit('Derive secret').click()
    await me.page.getByTestId('masked').waitFor()
    await me.text(/Forgotten in \d+ s/).waitFor()
    expect(await screen.look('playground-derive')).toEqual([])
  })

  it('encapsulate and decapsulate the same secret', async () => {
    const { me } = story
    await onTheBench('alias/future')
    await submit('Encapsulate').click()
    await me.button('Show shared secret').click()
    const secret = await me.page.getByTestId('plaintext').textContent()
    await me.button('Decapsulate it').click()
    await submit('Decapsulate').click()
    await me.button('Show shared secret').click()
    expect(await me.page.getByTestId('plaintext').textContent()).toBe(secret)
  })

  it('re-encrypt under another key without showing the plaintext', async () => {
    const { me, screen } = story
    await onTheBench('alias/payroll')
    await me.field('Plaintext').fill('salary 4711')
    await submit('Encrypt').click()
    const blob = (await me.page.getByTestId('ciphertext').textContent()) ?? ''
    await choose('Re-encrypt')
    await me.field('Ciphertext').fill(blob)
    await me.page.getByRole('button', { name: 'Under' }).click()
    await me.page.getByRole('option', { name: 'alias/archive' }).click()
    await me.text('--destination-key-id alias/archive').waitFor()
    await submit('Re-encrypt').click()
    await me.text('Ciphertext under the other key').waitFor()
    expect(await screen.look('playground-re-encrypt')).toEqual([])
  })

  it('never made the browser complain', () => {
    expect(story.screen.complaints).toEqual([])
  })

  async function onTheBench(alias: string): Promise<void> {
    await story.me.goTo('Playground')
    await story.me.page.getByRole('button', { name: 'Key', exact: true }).click()
    await story.me.page.getByRole('option', { name: alias }).click()
    await story.me.text(alias.replace('alias/', '--key-id alias/')).first().waitFor()
  }

  async function choose(trial: string): Promise<void> {
    await story.me.page.getByRole('group', { name: 'Operation' }).or(story.me.page.getByRole('radiogroup', { name: 'Operation' })).getByText(trial, { exact: true }).click()
  }

  function submit(name: string) {
    return story.me.page.locator('button[type=submit]', { hasText: name }).and(story.me.page.locator(':visible'))
  }
})
