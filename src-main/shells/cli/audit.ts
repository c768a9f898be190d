import { type Command, Option } from 'commander'
import { join } from 'node:path'
import type { VerificationView } from '#contract/audit.ts'
import { fromPem, verifyProof } from '#core/audit/proof.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Access } from './access.ts'
import { exportCloudTrail, exportRecords } from './audit-export.ts'
import { filterOf, withFilter } from './audit-filter.ts'
import { auditCells, auditHeadings, verificationLines } from './audit-words.ts'
import { type Globals, globalsOf } from './globals.ts'
import { readText, writeNew } from './new-files.ts'
import type { Place } from './place.ts'
import { printJson, printLine } from './print.ts'
import { withAccess } from './signed-in.ts'
import { tableLines } from './table.ts'
import { UsageError } from './usage.ts'

/** `audit list`, `show`, `verify`, `checkpoint`, `prove`, `prefix`, `verify-proof`, `key`, `usage` and `export`. */
export function addAudit(program: Command, place: Place): void {
  const audit = program.command('audit').description('the record of every call, and what proves that nobody has changed it')
  const add = (parent: Command, usage: string, description: string, example: string, work: (access: Access, globals: Globals, argument: string | undefined) => Promise<void>): Command =>
    parent
      .command(usage)
      .description(description)
      .addHelpText('after', `\nExample:\n  $ holdfast audit ${example}`)
      .action(async (...given: unknown[]) => {
        const [argument] = given
        await withAccess(given.at(-1) as Command, place, (access, globals) => work(access, globals, typeof argument === 'string' ? argument : undefined))
      })

  withFilter(add(audit, 'list', 'records that pass the filter, the newest first', 'list --since 24h --outcome failed --key alias/payroll', list)).option('--limit <number>', 'at most so many', '50')
  add(audit, 'show <record>', 'one record, exactly as it was written', 'show 4711', show)
  add(audit, 'verify', 'the whole trail against its checkpoints, and against those that were kept elsewhere', 'verify --checkpoint /media/stick/holdfast.checkpoint', verify)
    .addOption(new Option('--checkpoint <file>', 'a checkpoint that was kept elsewhere; may be given again').argParser((file: string, earlier: string[] | undefined) => [...(earlier ?? []), file]))
  add(audit, 'prove <record>', 'a proof that the record is in the trail, which needs no vault to be verified', 'prove 4711 --out 4711.proof.json', prove).option('--out <file>', 'writes it to a new file')
  add(audit, 'prefix <checkpoint-file>', 'a proof that an older checkpoint is the beginning of the trail', 'prefix old.checkpoint --out prefix.json', prefix).option('--out <file>', 'writes it to a new file')
  add(audit, 'key', 'what checkpoints are verified with', 'key > trail-key.txt', key)
  add(audit, 'usage', 'calls and refused calls by day', 'usage --days 7 --key alias/payroll', usage).option('--days <number>', 'how many', '14').option('--key <key>', 'of this key only')
  withFilter(add(audit, 'export', 'records for other programs', 'export --format csv --since 30d --out trail.csv', exportTrail))
    .addOption(new Option('--format <format>', 'jsonl, csv, or cloudtrail').choices(['jsonl', 'csv', 'cloudtrail']).default('jsonl'))
    .option('--out <path>', 'a new file; for cloudtrail a folder')
    .option('--bucket <name>', 'cloudtrail: the bucket that the files name', 'holdfast-audit')
    .option('--trail <name>', 'cloudtrail: the name of the trail', 'holdfast')

  const checkpoint = audit.command('checkpoint').description('signed checkpoints: keep some of them outside of this machine')
  add(checkpoint, 'list', 'the stored ones, the largest first', 'checkpoint list', listCheckpoints)
  add(checkpoint, 'export [file]', 'signs the trail as it is now, and writes the checkpoint to a new file', 'checkpoint export /media/stick/holdfast.checkpoint', exportCheckpoint)

  audit
    .command('verify-proof <file>')
    .description('verifies a proof; needs no vault')
    .option('--key <pem-file>', "the trail's public key, as `audit key` gave it; else the proof's own, by its fingerprint")
    .addHelpText('after', '\nExample:\n  $ holdfast audit verify-proof 4711.proof.json --key trail.pem')
    .action(async (file: string, _options: unknown, command: Command) => {
      await checkProof(file, globalsOf(command))
    })
}

async function list(access: Access, globals: Globals): Promise<void> {
  const limit = numberOf(globals.option('limit'), '--limit', 500)
  const { rows } = await access.api.audit.list({ ...filterOf(globals), limit })
  if (globals.json) printJson({ records: rows })
  else for (const line of tableLines(auditHeadings, rows.map(auditCells))) printLine(line)
}

async function show(access: Access, globals: Globals, record: string | undefined): Promise<void> {
  const { event, leafHash, sequence } = await access.api.audit.record({ sequence: numberOf(record, 'The record') })
  if (globals.json) printJson({ sequence, leafHash, event: JSON.parse(event) as unknown })
  else for (const line of [JSON.stringify(JSON.parse(event), null, 2), `Leaf hash ${leafHash}`]) printLine(line)
}

async function verify(access: Access, globals: Globals): Promise<void> {
  const files = globals.list('checkpoint')
  const stream = await access.api.audit.verify({ checkpoints: files.map(readText) })
  const result = await ended(stream, ({ checked, of, phase }) => `${phase === 'records' ? 'Records' : 'Search index'}: ${checked} of ${of}`, globals)
  if (globals.json) printJson(result)
  else for (const line of verificationLines(result, files)) printLine(line)
  if (!result.ok) throw new VaultError('NOT_AUTHENTIC', { what: 'The audit trail' })
}

async function prove(access: Access, globals: Globals, record: string | undefined): Promise<void> {
  const { proof, size } = await access.api.audit.prove({ sequence: numberOf(record, 'The record') })
  give(globals, proof, `The proof that it is one of ${size} records is in`)
}

async function prefix(access: Access, globals: Globals, file: string | undefined): Promise<void> {
  const { proof, older, newer } = await access.api.audit.prefix({ checkpoint: readText(file ?? '') })
  give(globals, proof, `The proof that ${older} records are the beginning of ${newer} is in`)
}

async function key(access: Access, globals: Globals): Promise<void> {
  const found = await access.api.audit.keys({})
  if (globals.json) printJson(found)
  else if (found.keys.length === 0) printLine('No checkpoint was signed yet: `holdfast audit checkpoint export FILE` makes the key and signs one.')
  else for (const { verifierKey, algorithm, pem, sha256 } of found.keys) for (const line of [`${algorithm}, SHA-256 ${sha256}`, verifierKey, pem.trimEnd()]) printLine(line)
}

async function usage(access: Access, globals: Globals): Promise<void> {
  const keyId = globals.option('key')
  const found = await access.api.audit.usage({ days: numberOf(globals.option('days'), '--days', 400), ...(keyId === undefined ? {} : { keyId }) })
  if (globals.json) {
    printJson(found)
    return
  }
  for (const line of tableLines(['DAY (UTC)', 'CALLS', 'REFUSED OR FAILED'], found.days.map(({ day, calls, failed }) => [day, String(calls), String(failed)]))) printLine(line)
  if (found.last !== undefined) printLine(`Last: ${auditCells(found.last).join('  ')}`)
}

async function exportTrail(access: Access, globals: Globals): Promise<void> {
  const out = globals.option('out')
  const signal = interruption()
  const watch = { signal, tell: (done: number, of: number) => { progress(globals, `${Math.floor((done / Math.max(1, of)) * 100)} %`) } }
  const format = globals.option('format') ?? 'jsonl'
  if (format !== 'cloudtrail') {
    await exportRecords(access, filterOf(globals), format === 'csv' ? 'csv' : 'jsonl', out, watch)
    progress(globals, '')
    return
  }
  if (out === undefined) throw new UsageError('CloudTrail files need a folder: give --out DIR.')
  const { from, to = new Date(), ...others } = filterOf(globals)
  if (Object.keys(others).length > 0) throw new UsageError('CloudTrail files hold all records of their time: only --since and --until choose them.')
  const { account = '', region = '' } = await access.api.vault.status({})
  const first = from ?? JSON.parse((await access.api.audit.record({ sequence: 0 })).event) as { eventTime: string }
  const begin = first instanceof Date ? first : new Date(first.eventTime)
  const digests = await exportCloudTrail(access, { folder: out, account, region, bucket: globals.option('bucket') ?? '', trail: globals.option('trail') ?? '', from: begin, to }, watch)
  progress(globals, '')
  if (globals.json) printJson({ folder: out, digests })
  else printLine(`${digests} digest${digests === 1 ? '' : 's'} and their logs are in ${join(out, 'AWSLogs')}.`)
}

async function listCheckpoints(access: Access, globals: Globals): Promise<void> {
  const { checkpoints } = await access.api.audit.checkpoints({ limit: 500 })
  if (globals.json) printJson({ checkpoints })
  else for (const line of tableLines(['RECORDS', 'SIGNED', 'ROOT'], checkpoints.map(({ size, at, root }) => [String(size), at?.toISOString() ?? '-', root]))) printLine(line)
}

async function exportCheckpoint(access: Access, globals: Globals, file: string | undefined): Promise<void> {
  const signed = await access.api.audit.checkpoint({})
  if (file !== undefined) writeNew(file, signed.note)
  if (globals.json) printJson(signed)
  else if (file === undefined) process.stdout.write(signed.note)
  else printLine(`The checkpoint of ${signed.size} records is in ${file}. Keep it outside of this machine.`)
}

async function checkProof(file: string, globals: Globals): Promise<void> {
  // Loaded only here: every other command leaves cryptography to the owner.
  const { createCrypto } = await import('#crypto/crypto.ts')
  const pem = globals.option('key')
  const trusted = pem === undefined ? undefined : (fromPem(readText(pem)) ?? malformed('a public key in PEM'))
  const verdict = verifyProof(createCrypto(), readText(file), trusted)
  if (verdict.verdict === 'malformed') malformed('an audit proof')
  if (verdict.verdict !== 'holds') throw new VaultError('NOT_AUTHENTIC', { what: verdict.verdict === 'not-signed' ? 'The checkpoint of this proof' : 'What this proof is about' })
  const signed = verdict.proves === 'record' ? verdict.checkpoint : verdict.newer
  const fingerprint = toHex(verdict.keySha256)
  if (globals.json) {
    const about = verdict.proves === 'record' ? { record: verdict.sequence, event: JSON.parse(verdict.record) as unknown } : { older: verdict.older.size }
    printJson({ holds: true, ...about, size: signed.size, origin: signed.origin, keySha256: fingerprint, keyGiven: trusted !== undefined })
    return
  }
  printLine(verdict.proves === 'record' ? `Record ${verdict.sequence} is one of ${signed.size} of ${signed.origin}.` : `The first ${verdict.older.size} records of ${signed.origin} are the beginning of its ${signed.size}.`)
  printLine(trusted === undefined ? `Signed by the key with SHA-256 ${fingerprint}, which came with the proof: compare it with what \`audit key\` says.` : `Signed by the given key, SHA-256 ${fingerprint}.`)
  if (verdict.proves === 'record') printLine(JSON.stringify(JSON.parse(verdict.record), null, 2))
}

function give(globals: Globals, proof: string, words: string): void {
  const file = globals.option('out')
  if (file === undefined) {
    process.stdout.write(proof)
    return
  }
  writeNew(file, proof)
  if (globals.json) printJson({ file })
  else printLine(`${words} ${file}.`)
}

/** Runs a stream to its end; progress goes to a terminal's error stream. */
async function ended<Progress>(stream: AsyncIterator<Progress, VerificationView>, words: (progress: Progress) => string, globals: Globals): Promise<VerificationView> {
  for (;;) {
    const next = await stream.next()
    if (next.done === true) {
      progress(globals, '')
      return next.value
    }
    progress(globals, words(next.value))
  }
}

function progress(globals: Globals, text: string): void {
  if (process.stderr.isTTY && !globals.json) process.stderr.write(`\r\u001b[K${text}`)
}

/** Aborts at the first Ctrl-C: an export ends between two pages. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  process.once('SIGINT', () => { controller.abort() })
  return controller.signal
}

function numberOf(text: string | undefined, what: string, most = Number.MAX_SAFE_INTEGER): number {
  const number = /^\d{1,16}$/.test(text ?? '') ? Number(text) : -1
  if (number < 0 || number > most) throw new UsageError(`${what} is a number${most === Number.MAX_SAFE_INTEGER ? '' : ` up to ${most}`}.`)
  return number
}

function malformed(what: string): never {
  throw new VaultError('MALFORMED', { what })
}
