import type { Command } from 'commander'
import type { StatusView } from '#contract/vault.ts'
import { openAccess } from './access.ts'
import { globalsOf } from './globals.ts'
import { resumeLogin } from './login.ts'
import type { Place } from './place.ts'
import { printJson, printLine } from './print.ts'

export function addStatus(program: Command, place: Place): void {
  program
    .command('status')
    .description('says whether there is a vault, whether it is open, and who runs it; needs no passphrase')
    .addHelpText('after', '\nExample:\n  $ holdfast status --json')
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command)
      const access = await openAccess(globals.home, place.agent)
      try {
        await resumeLogin(access)
        const status = await access.api.vault.status({})
        const running = access.ownerAddress !== undefined
        if (globals.json) printJson({ ...status, running })
        else for (const [name, text] of rows(status, running)) printLine(`${name.padEnd(10)}${text}`)
      } finally {
        await access.close()
      }
    })
}

const states = {
  none: 'no vault yet: create one with `holdfast init`',
  locked: 'locked',
  unlocked: 'unlocked',
} as const satisfies Record<StatusView['state'], string>

function rows(status: StatusView, running: boolean): [string, string][] {
  const rows: [string, string][] = [
    ['Vault', states[status.state]],
    ['Home', status.home],
    ['Running', running ? `yes, version ${status.version}` : 'no'],
  ]
  if (status.state !== 'none') rows.push(['Name', status.name])
  if (status.locked !== undefined) rows.push(['Locked', `by ${status.locked.because}, at ${status.locked.at.toISOString()}`])
  if (status.nextTryAt !== undefined) rows.push(['Next try', status.nextTryAt.toISOString()])
  if (status.endpoint !== undefined) rows.push(['Endpoint', status.endpoint.url])
  if (status.principal !== undefined) rows.push(['Signed in', status.principal.arn])
  if (status.account !== undefined) rows.push(['Account', status.account])
  if (status.region !== undefined) rows.push(['Region', status.region])
  for (const member of status.members ?? []) rows.push(['HSM', `${member.name}, ${member.state}${member.failure === undefined ? '' : `: ${member.failure.text}`}`])
  return rows
}
