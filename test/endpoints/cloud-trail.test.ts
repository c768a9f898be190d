import { spawnSync } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { send } from './raw-request.ts'
import { REGION, runningEndpoint, type RunningEndpoint } from './running-endpoint.ts'

// What CloudTrail's own clients ask of the endpoint: by hand, and by AWS's command line where it is installed.

const aws = spawnSync('aws', ['--version']).status === 0

let endpoint: RunningEndpoint
let KeyId: string

beforeAll(async () => {
  endpoint = await runningEndpoint()
  KeyId = (await endpoint.vault.api.kms.CreateKey({})).KeyMetadata.KeyId
  await endpoint.vault.api.kms.Encrypt({ KeyId, Plaintext: new Uint8Array(8), EncryptionContext: { tenant: 'acme' } })
})
afterAll(() => endpoint[Symbol.asyncDispose]())

function ask(operation: string, body: object, service = 'cloudtrail') {
  return send(endpoint, { service, body: JSON.stringify(body), headers: { 'X-Amz-Target': `com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.${operation}` } })
}

describe('LookupEvents', () => {
  it('gives the last events, a page at a time, each with its CloudTrail record', async () => {
    const { status, body } = await ask('LookupEvents', { MaxResults: 2 })
    const first = JSON.parse(body) as { Events: { EventName: string; CloudTrailEvent: string; EventTime: number }[]; NextToken: string }
    expect({ status, events: first.Events.length }).toEqual({ status: 200, events: 2 })
    expect(JSON.parse(first.Events[0]?.CloudTrailEvent ?? '')).toMatchObject({ eventVersion: '1.11', awsRegion: REGION, additionalEventData: { sequence: expect.any(Number) as number } })
    const second = JSON.parse((await ask('LookupEvents', { MaxResults: 2, NextToken: first.NextToken })).body) as typeof first
    expect(second.Events.map(({ CloudTrailEvent }) => CloudTrailEvent)).not.toContain(first.Events[0]?.CloudTrailEvent)
  })

  it.each([
    ['EventName', () => 'Encrypt'],
    ['ResourceName', () => KeyId],
    ['Username', () => 'root'],
    ['AccessKeyId', () => endpoint.credentials.accessKeyId],
    ['ReadOnly', () => 'false'],
    ['EventSource', () => 'kms.amazonaws.com'],
    ['ResourceType', () => 'AWS::KMS::Key'],
  ])('finds events by %s', async (AttributeKey, value) => {
    const { Events } = JSON.parse((await ask('LookupEvents', { LookupAttributes: [{ AttributeKey, AttributeValue: value() }] })).body) as { Events: Record<string, unknown>[] }
    expect(Events.length).toBeGreaterThan(0)
    if (AttributeKey in (Events[0] ?? {})) expect(new Set(Events.map((event) => event[AttributeKey]))).toEqual(new Set([value()]))
  })

  it('refuses what it does not know, and a signature for another service', async () => {
    expect(await ask('LookupEvents', { LookupAttributes: [{ AttributeKey: 'Colour', AttributeValue: 'x' }] })).toMatchObject({ status: 400, body: expect.stringContaining('ValidationException') as string })
    expect(await ask('LookupEvents', { NextToken: 'x' })).toMatchObject({ status: 400 })
    expect((await ask('LookupEvents', {}, 'kms')).status).toBe(400)
    expect(await ask('CreateTrail', {})).toMatchObject({ status: 400, body: expect.stringContaining('UnknownOperationException') as string })
  })
})

it.skipIf(!aws)(`aws cloudtrail looks up events, finds the trail, and gets its key${aws ? '' : ' (skipped: no `aws` in the PATH)'}`, async () => {
  const run = async (...args: string[]): Promise<Record<string, unknown>> => {
    const child = spawn('aws', ['cloudtrail', ...args, '--endpoint-url', endpoint.url, '--output', 'json'], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], AWS_CA_BUNDLE: endpoint.caPath, AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION, AWS_ACCESS_KEY_ID: endpoint.credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: endpoint.credentials.secretAccessKey },
    })
    let [out, failed] = ['', '']
    child.stdout.on('data', (text: Buffer) => { out += text.toString() })
    child.stderr.on('data', (text: Buffer) => { failed += text.toString() })
    await once(child, 'close')
    expect(failed.replaceAll(/^.*(?:Python|Warning).*$/gm, '').trim()).toBe('')
    return JSON.parse(out) as Record<string, unknown>
  }
  expect(await run('lookup-events', '--lookup-attributes', 'AttributeKey=EventName,AttributeValue=Encrypt')).toMatchObject({ Events: [{ EventName: 'Encrypt', Username: 'root' }] })
  expect(await run('describe-trails')).toMatchObject({ trailList: [{ Name: 'holdfast', LogFileValidationEnabled: true }] })
  expect(await run('list-public-keys')).toEqual({ PublicKeyList: [] })
  const to = new Date(Math.floor(Date.now() / 1000) * 1000)
  const { publicKey } = await endpoint.vault.api.audit.cloudTrail({ account: '441722089135', region: REGION, bucket: 'bucket', trail: 'holdfast', from: new Date(to.getTime() - 60_000), to })
  expect(await run('list-public-keys')).toMatchObject({ PublicKeyList: [{ Value: Buffer.from(publicKey.pkcs1).toString('base64'), Fingerprint: publicKey.fingerprint }] })
})
