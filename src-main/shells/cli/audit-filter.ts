import { type Command, Option } from 'commander'
import type { AuditFilter } from '#contract/audit.ts'
import type { Globals } from './globals.ts'
import { UsageError } from './usage.ts'
import { parseShorthand } from './shorthand.ts'

/** The options that choose records. */
export function withFilter(command: Command): Command {
  return command
    .option('--since <time>', 'records from this time on: ISO 8601, or such as 30m, 12h, 7d')
    .option('--until <time>', 'records before this time')
    .option('--key <key>', 'of this key: id, ARN or alias')
    .option('--principal <principal>', 'of this principal: an ARN, or such as root, user/mk')
    .option('--operation <name>', 'such as Decrypt')
    .option('--outcome <outcome>', 'ok, failed, or an error code')
    .addOption(new Option('--context <pairs>', 'with these pairs in the encryption context: key=value,key2=value'))
    .option('--text <words>', 'with these whole words')
}

export function filterOf(globals: Globals): AuditFilter {
  const [from, to] = [timeOf(globals.option('since')), timeOf(globals.option('until'))]
  const context = globals.option('context')
  const texts = Object.fromEntries((['key', 'principal', 'operation', 'outcome', 'text'] as const).flatMap((name) => (globals.option(name) === undefined ? [] : [[name, globals.option(name)]])))
  return {
    ...texts,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(context === undefined ? {} : { context: Object.fromEntries(parseShorthand(context, 'context')) }),
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function timeOf(given: string | undefined): Date | undefined {
  if (given === undefined) return undefined
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(given) ?? []
  if (count !== undefined && unit !== undefined) return new Date(Date.now() - Number(count) * (UNITS[unit] ?? 0))
  const at = new Date(given)
  if (Number.isNaN(at.getTime())) throw new UsageError('A time is ISO 8601, such as 2026-11-25T08:00:00Z, or such as 30m, 12h, 7d.')
  return at
}
