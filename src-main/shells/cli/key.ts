import { type Command, Option } from 'commander'
import type { Secret } from '#core/vocabulary/secret.ts'
import type { Access } from './access.ts'
import type { Globals } from './globals.ts'
import { readMaterial, wrapMaterial } from './material.ts'
import type { Place } from './place.ts'
import { printJson, printLine } from './print.ts'
import { withAccess } from './signed-in.ts'
import { UsageError } from './usage.ts'

interface Options {
  readonly validTo?: Date
  readonly new?: boolean
  readonly description?: string
}

/** `key import`: the three steps of an import in one, on this machine. */
export function addKey(program: Command, place: Place): void {
  program
    .command('key')
    .description('what is done to a key in several steps')
    .command('import')
    .argument('<key>', 'a key of origin EXTERNAL: its id, ARN or alias')
    .argument('<file>', 'its material: the bare bytes of a symmetric or HMAC key, PKCS #8 in DER of a pair; - reads the standard input')
    .description('imports key material: asks for a wrapping key, wraps the material in this process, and hands it in')
    .addOption(new Option('--valid-to <time>', 'when the material expires, at most 365 days ahead; never if not given').argParser(time))
    .option('--new', 'new material for a symmetric key that has some: `kms rotate-key-on-demand` makes it the current one')
    .option('--description <text>', 'what the material is; not for secrets')
    .addHelpText('after', '\nThe file stays as it is: remove it, or keep it where it is safe. Expired and deleted material comes back by importing the same bytes.')
    .addHelpText('after', '\nExample:\n  $ holdfast key import alias/app material.bin --valid-to 2027-01-31T00:00:00Z')
    .action(async (key: string, file: string, options: Options, command: Command) => {
      using material = readMaterial(file)
      await withAccess(command, place, (access, globals) => run(access, globals, key, material, options))
    })
}

async function run(access: Access, globals: Globals, key: string, material: Secret, options: Options): Promise<void> {
  const { kms } = access.api
  const { KeyMetadata } = await kms.DescribeKey({ KeyId: key })
  // RSA keys are too long for RSA alone.
  const WrappingAlgorithm = KeyMetadata.KeySpec.startsWith('RSA_') ? 'RSA_AES_KEY_WRAP_SHA_256' : 'RSAES_OAEP_SHA_256'
  const parameters = await kms.GetParametersForImport({ KeyId: KeyMetadata.Arn, WrappingAlgorithm, WrappingKeySpec: 'RSA_3072' })
  const made = await kms.ImportKeyMaterial({
    KeyId: KeyMetadata.Arn,
    ImportToken: parameters.ImportToken,
    EncryptedKeyMaterial: wrapMaterial(WrappingAlgorithm, parameters.PublicKey, material),
    ...(options.validTo === undefined ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: options.validTo }),
    ...(options.new === true ? { ImportType: 'NEW_KEY_MATERIAL' } : {}),
    ...(options.description === undefined ? {} : { KeyMaterialDescription: options.description }),
  })
  if (globals.json) printJson(made)
  else printLine(`Material ${made.KeyMaterialId} is in ${made.KeyId}.`)
}

function time(text: string): Date {
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) throw new UsageError('--valid-to takes a time such as 2027-01-31T00:00:00Z.')
  return at
}
