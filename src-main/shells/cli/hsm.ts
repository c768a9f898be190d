import type { Command } from 'commander'
import type { ProfileView } from '#contract/hsm.ts'
import type { MemberView } from '#contract/vault.ts'
import { type Access, openAccess } from './access.ts'
import { type Globals, globalsOf } from './globals.ts'
import { healthLines } from './hsm-health.ts'
import { addHsmModules } from './hsm-modules.ts'
import { signIn } from './login.ts'
import type { Place } from './place.ts'
import { printJson, printLine } from './print.ts'
import { badgeWords, profileLines } from './profile.ts'
import { tableLines } from './table.ts'
import { UsageError } from './usage.ts'

/** `hsm list`, `hsm health` and `hsm profile`, and what stands in files of its own. */
export function addHsm(program: Command, place: Place): void {
  const hsm = program.command('hsm').description("the vault's HSMs, and what their tokens really can do")
  hsm
    .command('list')
    .description('the members of the key store with their tokens')
    .addHelpText('after', '\nExample:\n  $ holdfast hsm list')
    .action(async (_options: unknown, command: Command) => {
      await withMembers(globalsOf(command), place, list)
    })
  addHsmModules(hsm, place)
  hsm
    .command('health')
    .argument('[member]', 'name or id of the HSM; not needed if there is one')
    .description('whether a token answers and seals now, and how fast; nothing stays on it')
    .addHelpText('after', '\nExample:\n  $ holdfast hsm health')
    .action(async (named: string | undefined, _options: unknown, command: Command) => {
      await withMembers(globalsOf(command), place, (access, globals, members) => health(access, globals, chosen(members, named)))
    })
  hsm
    .command('profile')
    .argument('[member]', 'name or id of the HSM; not needed if there is one')
    .description('what a token really can do, as it was tried; --run tries it anew')
    .option('--run', 'tries everything now; nothing stays on the token')
    .addHelpText('after', '\nExample:\n  $ holdfast hsm profile SoftHSM --run')
    .action(async (named: string | undefined, _options: unknown, command: Command) => {
      await withMembers(globalsOf(command), place, (access, globals, members) => profile(access, globals, chosen(members, named)))
    })
}

async function withMembers(globals: Globals, place: Place, work: (access: Access, globals: Globals, members: readonly MemberView[]) => Promise<void> | void): Promise<void> {
  const access = await openAccess(globals.home, place.agent)
  try {
    await signIn(access, globals)
    const { members = [] } = await access.api.vault.status({})
    await work(access, globals, members)
  } finally {
    await access.close()
  }
}

function list(_access: Access, globals: Globals, members: readonly MemberView[]): void {
  if (globals.json) {
    printJson({ members })
    return
  }
  const rows = members.map(({ name, state, token, rung, profile: tried, profiling }) => [
    name,
    state,
    token?.model ?? '-',
    token?.serial ?? '-',
    `rung ${rung}`,
    tried === undefined ? '-' : badgeWords[tried.badge],
    profiling ? 'now' : tried === undefined ? 'never' : `${tried.at.toISOString()}${tried.holds ? '' : ', changed since'}`,
  ])
  for (const line of tableLines(['NAME', 'STATE', 'MODEL', 'SERIAL', 'SEALS', 'ENFORCEMENT', 'TRIED'], rows)) printLine(line)
}

async function health(access: Access, globals: Globals, member: MemberView): Promise<void> {
  const found = await access.api.hsm.health({ memberId: member.id })
  if (globals.json) printJson(found)
  else for (const line of healthLines(member, found)) printLine(line)
}

async function profile(access: Access, globals: Globals, member: MemberView): Promise<void> {
  const found = globals.flag('run') ? await run(access, globals, member) : (await access.api.hsm.profile({ memberId: member.id })).profile
  if (globals.json) printJson(found ?? {})
  else if (found === undefined) printLine(`${member.name} has not been tried out yet: \`holdfast hsm profile --run\` does it.`)
  else for (const line of profileLines(member, found)) printLine(line)
}

/** Progress goes to a terminal's error stream, so that what is printed stays the profile alone. */
async function run(access: Access, globals: Globals, member: MemberView): Promise<ProfileView> {
  const shows = process.stderr.isTTY && !globals.json
  const stream = await access.api.hsm.runProfile({ memberId: member.id })
  for (;;) {
    const next = await stream.next()
    if (shows) process.stderr.write('\r\x1b[K')
    if (next.done === true) return next.value
    if (shows) process.stderr.write(`${next.value.tried} of ${next.value.of}: ${next.value.name}`)
  }
}

function chosen(members: readonly MemberView[], named: string | undefined): MemberView {
  const [first, second] = members.filter(({ id, name }) => named === undefined || id === named || name === named)
  if (first !== undefined && second === undefined) return first
  throw new UsageError(first === undefined ? 'This vault has no HSM of that name: `holdfast hsm list` shows them.' : 'Say which HSM: `holdfast hsm list` shows their names and ids.')
}
