import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { runCommand } from '#shells/cli/program.ts'
import { holdfast, type Outcome } from './commands.ts'
import { temporaryFolder } from './temporary.ts'

/** The same in this process, for what never gets as far as a vault: a process per case would take longer than all that it does. */
async function here(home: string, args: readonly string[]): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true))
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true))
  try {
    const code = await runCommand(['--home', home, ...args], { renderer: '/nowhere', version: '1.2.3', agent: 'test' })
    return { code, stdout, stderr }
  } finally {
    out.mockRestore()
    err.mockRestore()
  }
}

describe('a command line that cannot be meant', () => {
  it.each([
    [['nope']],
    [['kms', 'nope']],
    [['kms', 'encrypt', '--key-id', 'a']],
    [['kms', 'encrypt', '--key-id', 'a', '--plaintext', 'hunter2']],
    [['kms', 'list-keys', '--limit', 'hunter2']],
    [['kms', 'list-keys', '--passphrase=hunter2']],
    [['kms', 'list-keys', 'hunter2']],
    [['serve', '--port', 'hunter2']],
    [['init', '--passphrase-file', '/nowhere/hunter2']],
  ])('ends with 2 and one line, which repeats no value: %s', async (args) => {
    const { code, stdout, stderr } = await here(join(temporaryFolder(), 'home'), args)
    expect(stderr).toMatch(/^holdfast: [^\n]+ \(USAGE\)\n$/)
    expect(stderr).not.toContain('hunter2')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  it('says the same in JSON when asked to', async () => {
    const { code, stderr } = await holdfast({ home: temporaryFolder() }, '--json', 'kms', 'encrypt', '--key-id', 'a')
    expect(code).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'USAGE', text: expect.stringContaining('--plaintext') as string } })
  })

  it('without a command ends with 2 and shows the help', async () => {
    const { code, stderr } = await holdfast({ home: temporaryFolder() })
    expect(code).toBe(2)
    expect(stderr).toContain('Usage: holdfast')
  })
})

describe('a command that is refused', () => {
  it('ends with 1 and one line that says what to do', async () => {
    const { code, stdout, stderr } = await holdfast({ home: join(temporaryFolder(), 'home') }, 'kms', 'list-keys')
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toBe('holdfast: There is no vault here yet. Create one with `init`, or in the console. (VAULT_NOT_INITIALISED)\n')
  })

  it('gives code, text, advice and details in JSON', async () => {
    const { code, stderr } = await holdfast({ home: join(temporaryFolder(), 'home') }, 'kms', 'list-keys', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'VAULT_NOT_INITIALISED', text: 'There is no vault here yet.', advice: 'Create one with `init`, or in the console.', details: {} },
    })
  })

  it('asks nobody where nobody sits', async () => {
    const { code, stderr } = await holdfast({ home: join(temporaryFolder(), 'home') }, 'init')
    expect(code).toBe(1)
    expect(stderr).toContain('PASSPHRASE_MISSING')
  })

  it('takes an empty passphrase file for no passphrase', async () => {
    const folder = temporaryFolder()
    const empty = join(folder, 'empty')
    writeFileSync(empty, '\nsecond line\n')
    const { code, stderr } = await holdfast({ home: join(folder, 'home'), passphraseFile: empty }, 'init')
    expect(code).toBe(1)
    expect(stderr).toContain('PASSPHRASE_MISSING')
  })
})

describe('help and version', () => {
  it.each([[['--help']], [['kms', '--help']], [['kms', 'encrypt', '--help']], [['help', 'kms']]])('%s ends with 0', async (args) => {
    const { code, stdout, stderr } = await here(temporaryFolder(), args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Usage: holdfast')
  })

  it('prints the version', async () => {
    expect(await here(temporaryFolder(), ['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' })
  })
})
