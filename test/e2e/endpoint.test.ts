import { execFile, spawnSync } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EncryptCommand, KMSClient } from '@aws-sdk/client-kms'
import { describe, expect, it } from 'vitest'
import { prepared } from './lab.ts'
import { missing } from './needs.ts'
import { tell } from './story.ts'

// The endpoint as a developer switches it on, and AWS's own client as it uses what it is given. Each sentence goes on where the one before ended.

const noAws = spawnSync('aws', ['--version']).status !== 0

describe.skipIf(missing !== undefined)(`the endpoint page${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const story = tell(
    prepared(async ({ vault: { api }, key }) => {
      await key('alias/payroll')
      const { KeyMetadata } = await api.kms.CreateKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
      await api.kms.CreateAlias({ AliasName: 'alias/code-signing', TargetKeyId: KeyMetadata.KeyId })
    }),
  )
  let url: string
  let certificate: string
  let credentials: { accessKeyId: string; secretAccessKey: string }

  it('is off at first, and warns before anything crosses the machine unencrypted', async () => {
    const { me, screen } = story
    await me.goTo('Endpoint')
    await me.text('The endpoint is off: nothing can ask.').waitFor()
    await me.text('Without one nothing is answered.').waitFor()
    expect(await screen.look('endpoint-off')).toEqual([])
    await me.page.getByRole('radio', { name: /^Plain HTTP/ }).click()
    await me.text('Plaintexts and data keys would cross this machine unencrypted.').waitFor()
    await me.page.getByRole('radio', { name: /^TLS/ }).click()
  })

  it('is switched on at an address, and shows what clients must trust', async () => {
    const { me, screen } = story
    await me.field('Port').fill('0')
    await me.button('Switch on').click()
    await me.button('Switch off').waitFor()
    url = (await me.text(/^https:\/\/127\.0\.0\.1:\d+$/).first().textContent()) ?? ''
    await me.text(/endpoint-ca\.pem$/).first().waitFor()
    const [download] = await Promise.all([me.page.waitForEvent('download'), me.button('Download').click()])
    certificate = readFileSync(await download.path(), 'utf8')
    expect(certificate).toMatch(/^-----BEGIN CERTIFICATE-----/)
    await me.text(`export AWS_ENDPOINT_URL_KMS=${url}`).waitFor()
    expect(await screen.look('endpoint-on')).toEqual([])
  })

  it('makes an access key and shows its secret this once', async () => {
    const { me, screen } = story
    await me.button('Create access key').click()
    await me.page.getByRole('dialog').getByRole('button', { name: 'Create', exact: true }).click()
    const accessKeyId = (await me.page.getByTestId('access-key-id').textContent()) ?? ''
    expect(await me.page.getByTestId('plaintext').count()).toBe(0)
    expect(await screen.look('endpoint-access-key')).toEqual([])
    await me.button('Show secret access key').click()
    credentials = { accessKeyId, secretAccessKey: (await me.page.getByTestId('plaintext').textContent()) ?? '' }
    await me.button('Done').click()
    await me.page.getByRole('cell', { name: accessKeyId, exact: true }).waitFor()
    expect(await me.text(credentials.secretAccessKey).count()).toBe(0)
  })

  it("answers AWS's own client with that key, and shows each request as it comes", async () => {
    const { me, screen } = story
    const { CiphertextBlob } = await ask()
    expect(CiphertextBlob?.length).toBeGreaterThan(32)
    await me.page.getByRole('row', { name: /Encrypt.*OK/ }).waitFor()
    expect(await screen.look('endpoint-requests')).toEqual([])
  })

  it('refuses a key that is disabled, says so in the log, and takes that back', async () => {
    const { me } = story
    await actionOf('Disable')
    await me.text('Disabled', true).waitFor()
    await expect(ask()).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } })
    await me.page.getByRole('row', { name: /Exception|NotReadable|Unrecognized|Invalid/ }).first().waitFor()
    await me.button('Undo').click()
    await me.text('Enabled', true).waitFor()
    await ask()
  })

  it('holds the log still while it is read', async () => {
    const { me } = story
    const rows = () => me.page.getByRole('region', { name: 'Requests' }).getByRole('row').count()
    // Its head, and the three requests until now.
    await expect.poll(rows).toBe(4)
    await me.button('Pause').click()
    await ask()
    await me.button('Go on').waitFor()
    expect(await rows()).toBe(4)
    await me.button('Go on').click()
    await expect.poll(rows).toBe(5)
  })

  it("shows the manual's programs with this endpoint's address", async () => {
    const { me, screen } = story
    await me.page.getByRole('combobox', { name: 'Client' }).click()
    await me.page.getByRole('option', { name: 'JavaScript' }).click()
    await me.text('new KMSClient({ endpoint: process.env.AWS_ENDPOINT_URL_KMS })').waitFor()
    expect(await screen.look('endpoint-javascript')).toEqual([])
  })

  it.skipIf(noAws)(`shows commands that AWS's own command line runs${noAws ? ' (skipped: aws is not installed)' : ''}`, async () => {
    const { me } = story
    const folder = mkdtempSync(join(tmpdir(), 'hf-aws-'))
    try {
      await me.goTo('Playground')
      await me.page.getByRole('button', { name: 'Key', exact: true }).click()
      await me.page.getByRole('option', { name: 'alias/code-signing' }).click()
      await me.text('aws kms sign').waitFor()
      await me.button('Copy commands').click()
      const sign = await me.page.evaluate(() => navigator.clipboard.readText())
      await me.page.getByLabel('Operation').getByText('Public key').click()
      await me.text('aws kms get-public-key').waitFor()
      await me.button('Copy commands').or(me.button('Copied')).click()
      await expect.poll(() => me.page.evaluate(() => navigator.clipboard.readText())).toContain('get-public-key')
      const publicKey = await me.page.evaluate(() => navigator.clipboard.readText())
      writeFileSync(join(folder, 'message.bin'), 'release 1.0')
      writeFileSync(join(folder, 'ca.pem'), certificate)
      const env = {
        PATH: process.env['PATH'], HOME: folder, AWS_ENDPOINT_URL_KMS: url, AWS_CA_BUNDLE: join(folder, 'ca.pem'), AWS_DEFAULT_REGION: 'lab',
        AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      }
      await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', `${sign}\n${publicKey}`], { cwd: folder, env })
      const key = createPublicKey({ key: readFileSync(join(folder, 'public.der')), format: 'der', type: 'spki' })
      expect(verify('sha256', Buffer.from('release 1.0'), key, readFileSync(join(folder, 'signature.bin')))).toBe(true)
    } finally {
      rmSync(folder, { recursive: true, force: true })
      await me.goTo('Endpoint')
    }
  })

  it('deletes a key after a question, and is switched off after another', async () => {
    const { me } = story
    await actionOf('Delete')
    await me.button('Delete access key').click()
    await me.text('Without one nothing is answered.').waitFor()
    await me.button('Switch off').click()
    await me.page.getByRole('alertdialog').getByRole('button', { name: 'Switch off' }).click()
    await me.button('Switch on').waitFor()
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('never made the browser complain', () => {
    expect(story.screen.complaints).toEqual([])
  })

  async function ask() {
    const client = new KMSClient({ endpoint: url, region: 'lab', credentials, maxAttempts: 1, requestHandler: { httpsAgent: new Agent({ ca: certificate }) } })
    try {
      return await client.send(new EncryptCommand({ KeyId: 'alias/payroll', Plaintext: new TextEncoder().encode('salary 4711') }))
    } finally {
      client.destroy()
    }
  }

  async function actionOf(action: string): Promise<void> {
    await story.me.button(`Actions of ${credentials.accessKeyId}`).click()
    await story.me.page.getByRole('menuitem', { name: action }).click()
  }
})
