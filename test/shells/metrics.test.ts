import { request } from 'node:http'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { metricsText } from '#shells/serve/metrics.ts'
import { holdfast, serving, type Surroundings } from './commands.ts'
import { temporaryFolder } from './temporary.ts'

describe('serve --metrics', () => {
  it('tells numbers in OpenMetrics, to this machine only, and no names', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'passphrase'), 'correct horse battery staple', { mode: 0o600 })
    const around: Surroundings = { home: join(folder, 'home'), runtime: temporaryFolder(), passphraseFile: join(folder, 'passphrase') }
    await holdfast(around, 'init', '--account', '111122223333', '--region', 'lab')
    const { ready } = await serving(around, '--metrics', '127.0.0.1:0')
    const url = ready.metrics ?? ''
    // The first look begins to count.
    expect((await get(url)).status).toBe(200)
    await holdfast(around, 'kms', 'create-key', '--description', 'payroll')
    await holdfast(around, 'kms', 'describe-key', '--key-id', 'alias/none')
    const { status, type, body } = await get(url)
    expect({ status, type }).toEqual({ status: 200, type: 'application/openmetrics-text; version=1.0.0; charset=utf-8' })
    expect(body).toMatch(/^holdfast_vault_unlocked 1$/m)
    expect(body).toMatch(/^holdfast_calls_total\{operation="CreateKey",outcome="ok"\} 1$/m)
    expect(body).toMatch(/^holdfast_calls_total\{operation="DescribeKey",outcome="failed"\} 1$/m)
    expect(body).toMatch(/^holdfast_audit_records \d+$/m)
    expect(body).toMatch(/^holdfast_keys 1$/m)
    expect(body).toMatch(/^holdfast_hsm_members\{state="ready"\} 1$/m)
    expect(body.endsWith('# EOF\n')).toBe(true)
    expect(body).not.toMatch(/arn:|payroll|111122223333/)
    expect((await get(url, { Host: 'evil.example' })).status).toBe(421)
    expect((await get(url.replace('/metrics', '/'))).status).toBe(404)
    await holdfast(around, 'lock')
    expect((await get(url)).body).toMatch(/^holdfast_vault_unlocked 0$/m)
  })

  it('writes labels so that no name can break a line', () => {
    const figures = { unlocked: true, calls: [{ operation: 'a"b\\c\nd', outcome: 'ok' as const, count: 1 }], trail: undefined, keys: undefined, members: [] }
    expect(metricsText('1.0', figures)).toContain('{operation="a\\"b\\\\c\\nd",outcome="ok"} 1')
  })
})

function get(url: string, headers: Record<string, string> = {}): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      let body = ''
      response.on('data', (text: Buffer) => { body += text.toString() })
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body }) })
    }).on('error', reject).end()
  })
}
