import { connect } from 'node:net'
import { once } from 'node:events'
import { crc32 } from 'node:zlib'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '#core/ports/store.ts'
import { watchedHome, watchedHsm, type Watch } from '../services/watched-ports.ts'
import { runningEndpoint, type RunningEndpoint } from './running-endpoint.ts'
import { exchange, now, send, sendText, signedText, type Draft, type RawAnswer } from './raw-request.ts'
import { Sha256 } from './sha256.ts'

// The wire, byte by byte: what no SDK shows.

let endpoint: RunningEndpoint
let store: Store
let watch: Watch = () => undefined
let KeyId: string
let Arn: string

beforeAll(async () => {
  endpoint = await runningEndpoint('tls', {
    hsm: watchedHsm((call, when, result) => watch(call, when, result)),
    home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }),
  })
  ;({ KeyId, Arn } = (await endpoint.vault.api.kms.CreateKey({})).KeyMetadata)
})

afterAll(() => endpoint[Symbol.asyncDispose]())

describe('an answer', () => {
  it('spells its headers as the service does', async () => {
    const answer = await send(endpoint, { operation: 'DescribeKey', body: JSON.stringify({ KeyId }) })
    expect(answer.status).toBe(200)
    expect(answer.names).toEqual(expect.arrayContaining(['x-amzn-RequestId', 'Content-Type', 'Content-Length', 'x-amz-crc32', 'Date', 'Cache-Control']))
    expect(answer.headers).toMatchObject({ 'content-type': 'application/x-amz-json-1.1', 'content-length': String(answer.body.length), 'x-amz-crc32': String(crc32(answer.body)) })
    expect(answer.headers['cache-control']).toContain('no-store')
  })

  it('has times in seconds, as the service writes a double', async () => {
    const { body } = await send(endpoint, { operation: 'DescribeKey', body: JSON.stringify({ KeyId }) })
    const [, text = ''] = /"CreationDate":([^,}]+)/.exec(body) ?? []
    expect(text).toMatch(/^\d\.\d+E9$/)
    expect(Math.abs(Number(text) - Date.now() / 1000)).toBeLessThan(600)
  })

  it('has no body where the operation gives nothing', async () => {
    const answer = await send(endpoint, { operation: 'EnableKey', body: JSON.stringify({ KeyId }) })
    expect(answer).toMatchObject({ status: 200, body: '', headers: { 'content-length': '0', 'x-amz-crc32': '0' } })
  })

  it('carries the request id that the audit record has, with the access key and the encrypted transport', async () => {
    const from = store.read((tables) => tables.audit.next())
    const good = await send(endpoint, { operation: 'DescribeKey', body: JSON.stringify({ KeyId }), headers: { 'User-Agent': 'test/1' } })
    const bad = await send(endpoint, { operation: 'DescribeKey', body: JSON.stringify({ KeyId: 'alias/none' }) })
    const [first, second] = records(from)
    expect(first).toMatchObject({
      requestID: good.headers['x-amzn-requestid'],
      eventName: 'DescribeKey',
      awsRegion: 'lab',
      sourceIPAddress: '127.0.0.1',
      userAgent: 'test/1',
      userIdentity: { type: 'Root', arn: 'arn:aws:iam::441722089135:root', accessKeyId: endpoint.credentials.accessKeyId },
      tlsDetails: { tlsVersion: 'TLSv1.3', cipherSuite: expect.stringMatching(/^TLS_/) as string, clientProvidedHostHeader: new URL(endpoint.url).host },
    })
    expect(second).toMatchObject({ requestID: bad.headers['x-amzn-requestid'], errorCode: 'NotFoundException' })
  })

  it('follows the one before it on the same connection', async () => {
    const twice = `${signedText(endpoint, {})}${signedText(endpoint, {}).replace('\r\n', '\r\nConnection: close\r\n')}`
    expect((await exchange(endpoint, twice)).map(({ status }) => status)).toEqual([200, 200])
  })
})

describe('a refusal', () => {
  it('has its name and its text, or the name alone where AWS has no text', async () => {
    expect(failure(await send(endpoint, { operation: 'DescribeKey', body: '{"KeyId":"alias/none"}' }))).toEqual([400, { __type: 'NotFoundException', message: 'Alias arn:aws:kms:lab:441722089135:alias/none is not found.' }])
    expect(failure(await send(endpoint, { operation: 'Decrypt', body: '{"CiphertextBlob":"AAAA"}' }))).toEqual([400, { __type: 'InvalidCiphertextException' }])
    expect(failure(await send(endpoint, { operation: 'Encrypt', body: JSON.stringify({ KeyId, Plaintext: 'AAAA', DryRun: true }) }))).toEqual([
      400,
      { __type: 'DryRunOperationException', message: 'The request would have succeeded, but the DryRun option is set.' },
    ])
  })

  it('of our own fault says KMSInternalException and an incident, nothing of what happened', async () => {
    watch = (call) => {
      if (call === 'hsm.encrypt') throw new Error('a text with a secret')
    }
    const [status, body] = failure(await send(endpoint, { operation: 'Encrypt', body: JSON.stringify({ KeyId, Plaintext: 'AAAA' }) }))
    watch = () => undefined
    expect(status).toBe(500)
    expect(body).toEqual({ __type: 'KMSInternalException', message: expect.stringMatching(/^Something went wrong inside Holdfast \(incident [0-9a-f-]{36}\)\.$/) as string })
  })

  it('of an operation that is not there is UnknownOperationException, whoever asks', async () => {
    for (const draft of [{ operation: 'MakeTea' }, { operation: '' }, { headers: { 'X-Amz-Target': 'DynamoDB_20120810.ListTables' } }, { method: 'GET' }, { path: '/other' }, { operation: '__proto__' }] satisfies Draft[]) {
      expect(failure(await send(endpoint, draft))).toEqual([400, { __type: 'UnknownOperationException' }])
    }
    expect(failure(await sendText(endpoint, `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`))).toEqual([400, { __type: 'UnknownOperationException' }])
  })
})

describe('a body', () => {
  it.each(['{', '[]', '"x"', 'null', '1', '{"KeyId":1}', '{"KeyId":{}}', '{"KeyId":"x","GrantTokens":"y"}', '{"KeyId":"x","GrantTokens":[1]}', '{"KeyId":"\ud800"'])('that is no such structure is refused: %s', async (body) => {
    expect(failure(await send(endpoint, { operation: 'DescribeKey', body }))).toEqual([400, { __type: 'SerializationException' }])
  })

  it.each([
    ['Encrypt', '{"KeyId":"x","Plaintext":"no base64!"}'],
    ['Encrypt', '{"KeyId":"x","Plaintext":"AAA"}'],
    ['Encrypt', '{"KeyId":"x","Plaintext":[1,2]}'],
    ['Encrypt', '{"KeyId":"x","Plaintext":"AAAA","DryRun":"true"}'],
    ['Encrypt', '{"KeyId":"x","Plaintext":"AAAA","EncryptionContext":{"a":1}}'],
    ['Encrypt', '{"KeyId":"x","Plaintext":"AAAA","EncryptionContext":["a"]}'],
    ['ListKeys', '{"Limit":"10"}'],
    ['ListKeys', '{"Limit":1.5}'],
    ['TagResource', '{"KeyId":"x","Tags":{"TagKey":"a"}}'],
  ])('with a member of another type is refused: %s %s', async (operation, body) => {
    expect(failure(await send(endpoint, { operation, body }))).toEqual([400, { __type: 'SerializationException' }])
  })

  it('that lacks members is refused with all of their names', async () => {
    expect(failure(await send(endpoint, { operation: 'Encrypt', body: '{"KeyId":null}' }))).toEqual([
      400,
      {
        __type: 'ValidationException',
        message: "2 validation errors detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null; Value null at 'plaintext' failed to satisfy constraint: Member must not be null",
      },
    ])
    expect(failure(await send(endpoint, { operation: 'TagResource', body: '{"KeyId":"x","Tags":[{"TagKey":"a"}]}' }))[1]).toMatchObject({
      message: "1 validation error detected: Value null at 'tags.1.member.tagValue' failed to satisfy constraint: Member must not be null",
    })
  })

  it('may hold members that the operation does not know, and nulls', async () => {
    expect((await send(endpoint, { operation: 'DescribeKey', body: JSON.stringify({ KeyId, Unheard: { of: [] }, GrantTokens: null }) })).status).toBe(200)
  })

  it('may be empty where nothing is required', async () => {
    expect((await send(endpoint, { operation: 'ListKeys', body: '' })).status).toBe(200)
  })

  it('keeps every pair of a context, also those that JavaScript would rather not', async () => {
    const context = '{"__proto__":"a","constructor":"b"}'
    const encrypted = await send(endpoint, { operation: 'Encrypt', body: `{"KeyId":"${KeyId}","Plaintext":"AAAA","EncryptionContext":${context}}` })
    const { CiphertextBlob } = JSON.parse(encrypted.body) as { CiphertextBlob: string }
    const decrypt = (given: string) => send(endpoint, { operation: 'Decrypt', body: `{"CiphertextBlob":"${CiphertextBlob}","EncryptionContext":${given}}` })
    expect((await decrypt('{"constructor":"b"}')).body).toContain('InvalidCiphertextException')
    expect((await decrypt('{"constructor":"b","__proto__":"a"}')).status).toBe(200)
  })

  it('beyond a mebibyte is not read', async () => {
    const answer = await send(endpoint, { body: `"${'x'.repeat(1024 * 1024)}"` })
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } })
  })
})

describe('a signature', () => {
  it('counts for the Host as it was received, with or without a port, under any of our names', async () => {
    for (const host of ['localhost', 'kms.holdfast.localhost', '127.0.0.1', 'anything:1']) expect((await send(endpoint, { host })).status).toBe(200)
  })

  it('counts in the query of a presigned request, from both signers', async () => {
    expect((await send(endpoint, { signQuery: true })).status).toBe(200)
    const signer = new SignatureV4({ service: 'kms', region: 'lab', credentials: endpoint.credentials, sha256: Sha256 })
    const { host } = new URL(endpoint.url)
    const headers = { host, 'x-amz-target': 'TrentService.DescribeKey', 'content-type': 'application/x-amz-json-1.1' }
    const body = JSON.stringify({ KeyId })
    // This signer moves X-Amz-Target into the query.
    const signed = await signer.presign({ method: 'POST', protocol: 'https:', hostname: host, path: '/', headers, body })
    expect(Object.keys(signed.headers)).not.toContain('x-amz-target')
    const query = new URLSearchParams(signed.query as Record<string, string>).toString().replaceAll('+', '%20')
    const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const answer = await sendText(endpoint, `POST /?${query} HTTP/1.1\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`)
    expect(JSON.parse(answer.body)).toMatchObject({ KeyMetadata: { Arn } })
  })

  it.each<[string, Draft, string, RegExp]>([
    ['with another secret', { credentials: { accessKeyId: '', secretAccessKey: 'x'.repeat(40) } }, 'InvalidSignatureException', /^The request signature we calculated does not match/],
    ['of an unknown key', { credentials: { accessKeyId: 'AKIAUNKNOWNUNKNOWN00', secretAccessKey: 'x'.repeat(40) } }, 'UnrecognizedClientException', /^The security token included in the request is invalid\.$/],
    ['of another service', { service: 's3' }, 'InvalidSignatureException', /^Credential should be scoped to correct service: 'kms'\.$/],
    ['for an undeclared Region', { region: 'eu-north-1' }, 'InvalidSignatureException', /^Credential should be scoped to a valid region\.$/],
    ['that is old', { date: now(-6 * 60_000) }, 'InvalidSignatureException', /^Signature expired: /],
    ['that is early', { date: now(6 * 60_000) }, 'InvalidSignatureException', /^Signature not yet current: /],
    ['of a presigned request that is over', { date: now(-2 * 60_000), signQuery: true }, 'RequestExpired', /^Request has expired\.$/],
    ['with a token of temporary credentials', { headers: { 'X-Amz-Security-Token': 'x' } }, 'UnrecognizedClientException', /invalid/],
  ])('%s is refused', async (_what, draft, type, text) => {
    const credentials = draft.credentials && { ...draft.credentials, accessKeyId: draft.credentials.accessKeyId || endpoint.credentials.accessKeyId }
    const [status, body] = failure(await send(endpoint, { ...draft, ...(credentials === undefined ? {} : { credentials }) }))
    expect([status, body.__type]).toEqual([400, type])
    expect(body.message).toMatch(text)
  })

  it('is missed, and what lacks it is told so', async () => {
    const bare = 'POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: TrentService.ListKeys\r\nContent-Length: 2\r\n'
    expect(failure(await sendText(endpoint, `${bare}\r\n{}`))).toEqual([400, { __type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' }])
    expect(failure(await sendText(endpoint, `${bare}Authorization: AWS4-HMAC-SHA256 Credential=x\r\n\r\n{}`))[1].__type).toBe('IncompleteSignatureException')
  })

  it('does not carry to a replaced body, target or later byte', async () => {
    const text = signedText(endpoint, { operation: 'DescribeKey', body: JSON.stringify({ KeyId }) })
    for (const altered of [text.replace('TrentService.DescribeKey', 'TrentService.DisableKey'), text.replace(KeyId, KeyId.replace(/^./, (digit) => (digit === '0' ? '1' : '0')))]) {
      expect(failure(await sendText(endpoint, altered))[1].__type).toBe('InvalidSignatureException')
    }
  })

  it('that nobody can be told by is counted, not recorded one by one', async () => {
    const from = store.read((tables) => tables.audit.next())
    for (let i = 0; i < 3; i++) await send(endpoint, { credentials: { accessKeyId: 'AKIAUNKNOWNUNKNOWN00', secretAccessKey: 'x' } })
    expect(records(from)).toEqual([])
  })
})

describe('a locked vault', () => {
  it('answers KeyUnavailableException, signed or not', async () => {
    watch = () => undefined
    await endpoint.vault.api.vault.lock({})
    for (const answer of [await send(endpoint), await sendText(endpoint, 'POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: TrentService.ListKeys\r\nContent-Length: 0\r\n\r\n')]) {
      expect(failure(answer)).toEqual([500, { __type: 'KeyUnavailableException', message: 'The vault is locked.' }])
    }
  })
})

describe('a slow client', () => {
  it('is not waited for: its headers must come within seconds', async () => {
    const started = performance.now()
    const socket = connect({ host: '127.0.0.1', port: endpoint.port })
    // Not even a handshake.
    await once(socket, 'close')
    const [answer] = await exchange(endpoint, 'POST / HTTP/1.1\r\nHost: x\r\n')
    expect(answer?.status).toBe(408)
    expect(performance.now() - started).toBeLessThan(20_000)
  }, 40_000)
})

function failure(answer: RawAnswer): [number, { __type: string; message?: string }] {
  expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/)
  return [answer.status, JSON.parse(answer.body) as { __type: string; message?: string }]
}

function records(from: number): Record<string, unknown>[] {
  return store.read((tables) => tables.audit.page(from, 1_000)).map(({ leaf }) => JSON.parse(new TextDecoder().decode(leaf)) as Record<string, unknown>)
}
