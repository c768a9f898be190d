import { type Command, Option } from 'commander'
import type { KmsOperation } from '#contract/kms.ts'
import { openAccess } from './access.ts'
import { globalsOf } from './globals.ts'
import { signIn } from './login.ts'
import { kebab, type Kind, operations, type Parameter, parametersOf } from './parameters.ts'
import type { Place } from './place.ts'
import { printJson, wipeBytes } from './print.ts'
import { parseValue } from './values.ts'

/** `kms`, with a command for every operation of the contract: names, options, types and help are read from its schemas. */
export function addKms(program: Command, place: Place): void {
  const kms = program
    .command('kms')
    .description("AWS KMS's operations on this vault's keys, with the option names of AWS's command line")
    .addHelpText('after', '\nBlobs are fileb://FILE or base64; any text may be file://FILE. Answers are JSON, their blobs base64.')
  for (const operation of operations) addOperation(kms, operation, place)
}

function addOperation(kms: Command, operation: KmsOperation, place: Place): void {
  const parameters = parametersOf(operation)
  const command = kms.command(kebab(operation)).description(`AWS KMS ${operation}`).allowExcessArguments(false)
  for (const parameter of parameters) for (const option of optionsFor(parameter)) command.addOption(option)
  command.addHelpText('after', `\nExample:\n  $ holdfast kms ${kebab(operation)}${example(parameters)}`)
  command.action(async () => {
    await run(operation, inputOf(parameters, command), command, place)
  })
}

async function run(operation: KmsOperation, input: Record<string, unknown>, command: Command, place: Place): Promise<void> {
  const globals = globalsOf(command)
  const access = await openAccess(globals.home, place.agent)
  try {
    await signIn(access, globals)
    // The contract's schema has the input's type, and its validation the last word.
    const call = access.api.kms[operation] as (input: unknown) => Promise<object>
    const output = await call(input)
    // Like AWS's command line: an empty answer prints nothing.
    if (Object.keys(output).length > 0) printJson(output)
    wipeBytes(output)
  } finally {
    wipeBytes(input)
    await access.close()
  }
}

function inputOf(parameters: readonly Parameter[], command: Command): Record<string, unknown> {
  const given: Record<string, unknown> = command.opts()
  const input: Record<string, unknown> = {}
  for (const parameter of parameters) {
    const value = given[new Option(`--${parameter.option} <value>`).attributeName()]
    if (value !== undefined) input[parameter.member] = parseValue(parameter, value as string | boolean | string[])
  }
  return input
}

function optionsFor(parameter: Parameter): Option[] {
  const { kind, option, required } = parameter
  const text = [parameter.description, hints[kind.type]].filter((part) => part !== undefined).join('; ')
  if (kind.type === 'boolean') return [new Option(`--${option}`, text), new Option(`--no-${option}`, `the opposite of --${option}`)]
  const value = kind.type === 'list' ? '<value...>' : '<value>'
  return [new Option(`--${option} ${value}`, text).makeOptionMandatory(required)]
}

const hints = {
  text: undefined,
  integer: 'an integer',
  number: 'a number',
  boolean: undefined,
  blob: 'fileb://FILE or base64',
  time: 'ISO 8601 or seconds since 1970',
  map: 'key=value,key2=value2 or JSON',
  json: 'JSON',
  list: 'one or more',
  structure: 'Name=value,Name2=value2 or JSON',
} as const satisfies Record<Kind['type'], string | undefined>

/** The required options, and a map if there is one: it is the option whose form needs showing. */
function example(parameters: readonly Parameter[]): string {
  const shown = parameters.filter((parameter) => parameter.required || parameter.kind.type === 'map')
  return shown.map((parameter) => ` --${parameter.option} ${sample(parameter)}`).join('')
}

function sample({ member, kind }: Parameter): string {
  if (kind.type === 'blob') return 'fileb://FILE'
  if (kind.type === 'time') return '2027-01-31T00:00:00Z'
  if (kind.type === 'map') return 'purpose=backup,host=alpha'
  if (kind.type === 'integer' || kind.type === 'number') return '32'
  return samples[member] ?? 'VALUE'
}

/** What a person would write for AWS's commonest members; another one gets VALUE. */
const samples: Readonly<Record<string, string>> = {
  KeyId: 'alias/app',
  AliasName: 'alias/app',
  TargetKeyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
}
