import { describe, expect, it } from 'vitest'
import { kms } from '#contract/kms.ts'
import { kebab, operations, parametersOf } from '#shells/cli/parameters.ts'
import { createProgram } from '#shells/cli/program.ts'

const program = createProgram({ renderer: '/nowhere', version: '0', agent: 'test' })

function command(...names: string[]): ReturnType<typeof createProgram> {
  return names.reduce((at, name) => at.commands.find((one) => one.name() === name) ?? expect.fail(`no command ${name}`), program)
}

function helpOf(...names: string[]): string {
  let text = ''
  command(...names)
    .configureOutput({ writeOut: (part) => (text += part) })
    .outputHelp()
  return text
}

describe('the commands below kms', () => {
  it('are exactly the operations of the contract', () => {
    expect(operations).toEqual(Object.keys(kms))
    expect(command('kms').commands.map((one) => one.name())).toEqual(Object.keys(kms).map(kebab))
  })

  it.each([
    ['GenerateDataKeyWithoutPlaintext', 'generate-data-key-without-plaintext'],
    ['AWSAccountId', 'aws-account-id'],
    ['BypassPolicyLockoutSafetyCheck', 'bypass-policy-lockout-safety-check'],
    ['NumberOfBytes', 'number-of-bytes'],
  ])("write %s as AWS's command line does", (name, written) => {
    expect(kebab(name)).toBe(written)
  })

  it.each(operations)('have an option for every member of %s, required where the schema says so', (operation) => {
    const options = command('kms', kebab(operation)).options
    for (const parameter of parametersOf(operation)) {
      const option = options.find((one) => one.long === `--${parameter.option}`) ?? expect.fail(`no --${parameter.option}`)
      expect(option.mandatory).toBe(parameter.required)
      expect(option.variadic).toBe(parameter.kind.type === 'list')
      if (parameter.description !== undefined) expect(option.description).toContain(parameter.description)
    }
    const members = Object.keys(kms[operation]['~orpc'].inputSchema?.['shape'] ?? {})
    expect(parametersOf(operation).map((one) => one.member)).toEqual(members)
  })

  it.each(operations)('explain %s with an example that has its required options', (operation) => {
    const help = helpOf('kms', kebab(operation))
    const example = help.slice(help.indexOf('Example:'))
    expect(example).toContain(`holdfast kms ${kebab(operation)}`)
    for (const { option, required } of parametersOf(operation)) if (required) expect(example).toContain(`--${option} `)
  })

  it('never take a name that every command has', () => {
    const global = program.options.map((option) => option.long)
    for (const operation of operations) for (const { option } of parametersOf(operation)) expect(global).not.toContain(`--${option}`)
  })

  it('know the kinds of their members', () => {
    const kinds = Object.fromEntries(operations.flatMap((operation) => parametersOf(operation).map(({ member, kind }) => [member, kind.type])))
    expect(kinds).toMatchObject({
      KeyId: 'text',
      Plaintext: 'blob',
      CiphertextBlob: 'blob',
      EncryptionContext: 'map',
      GrantTokens: 'list',
      Tags: 'list',
      DryRun: 'boolean',
      NumberOfBytes: 'integer',
      ValidTo: 'time',
    })
    expect(Object.values(kinds)).not.toContain('json')
  })
})

describe('every command', () => {
  it('has a description and an example', () => {
    const leaves = (at: typeof program, path: string[]): string[][] => (at.commands.length === 0 ? [path] : at.commands.flatMap((one) => leaves(one, [...path, one.name()])))
    for (const path of leaves(program, [])) {
      expect(command(...path).description(), path.join(' ')).not.toBe('')
      expect(helpOf(...path), path.join(' ')).toContain('Example:')
    }
  })
})
