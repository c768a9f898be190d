import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Access } from './access.ts'
import type { Globals } from './globals.ts'
import type { Place } from './place.ts'
import { printJson, printLine } from './print.ts'
import { withAccess } from './signed-in.ts'
import { tableLines } from './table.ts'
import { UsageError } from './usage.ts'

/** `user`, `role` and `group`, and `policy simulate`: who there is in the account, and what they may do. */
export function addPrincipals(program: Command, place: Place): void {
  const user = program.command('user').description('the users of the account')
  command(user.command('create'), place, 'makes a user', 'user create --name alice --group users', createUser)
    .requiredOption('--name <name>', 'its name')
    .option('--group <group>', 'administrators, users, auditors, or a group that was made')
    .option('--policy <file>', 'a policy document for it')
  command(user.command('list'), place, 'all users', 'user list', async (access, globals) => { show(globals, await access.api.access.listUsers({}), 'users') })
  command(user.command('delete'), place, 'removes a user with its access keys', 'user delete --name alice', async (access, globals) => {
    await access.api.access.deleteUser({ name: needed(globals, 'name') })
    say(globals, 'The user is deleted.')
  }).requiredOption('--name <name>', 'its name')

  const role = program.command('role').description('the roles of the account')
  command(role.command('create'), place, 'makes a role', 'role create --name backup --trust-policy trust.json', createRole)
    .requiredOption('--name <name>', 'its name')
    .requiredOption('--trust-policy <file>', 'who may assume it')
    .option('--policy <file>', 'a policy document for it')
  command(role.command('list'), place, 'all roles', 'role list', async (access, globals) => { show(globals, await access.api.access.listRoles({}), 'roles') })
  command(role.command('delete'), place, 'removes a role', 'role delete --name backup', async (access, globals) => {
    await access.api.access.deleteRole({ name: needed(globals, 'name') })
    say(globals, 'The role is deleted.')
  }).requiredOption('--name <name>', 'its name')

  const group = program.command('group').description('the groups of the account')
  command(group.command('list'), place, 'all groups with their members', 'group list', async (access, globals) => {
    const { groups } = await access.api.access.listGroups({})
    if (globals.json) printJson({ groups })
    else for (const line of tableLines(['GROUP', 'MEMBERS'], groups.map((each) => [each.name, each.members.join(' ')]))) printLine(line)
  })
  for (const [name, operation] of [['create', 'createGroup'], ['delete', 'deleteGroup']] as const) {
    command(group.command(name), place, `${name}s a group`, `group ${name} --name desk`, async (access, globals) => {
      await access.api.access[operation]({ name: needed(globals, 'name') })
      say(globals, `The group is ${name}d.`)
    }).requiredOption('--name <name>', 'its name')
  }
  for (const [name, operation, said] of [['add', 'addUserToGroup', 'in'], ['remove', 'removeUserFromGroup', 'no longer in']] as const) {
    command(group.command(name), place, `${name}s a user`, `group ${name} --name auditors --user alice`, async (access, globals) => {
      await access.api.access[operation]({ group: needed(globals, 'name'), user: needed(globals, 'user') })
      say(globals, `The user is ${said} the group.`)
    })
      .requiredOption('--name <group>', 'the group')
      .requiredOption('--user <name>', 'the user')
  }

  const policy = program.command('policy').description('what policies come to')
  command(policy.command('simulate'), place, 'says whether a principal may do something, and which statement decides', 'policy simulate --principal alice --action kms:Decrypt --resource KEY_ARN --context app=a', simulate)
    .requiredOption('--principal <principal>', "root, a user's name, or an ARN")
    .requiredOption('--action <action>', 'such as kms:Decrypt')
    .requiredOption('--resource <arn>', 'the ARN of a key, say')
    .option('--context <pairs>', 'the encryption context: KEY=VALUE, several with commas')
}

function command(made: Command, place: Place, does: string, example: string, work: (access: Access, globals: Globals) => Promise<void>): Command {
  return made
    .description(does)
    .addHelpText('after', `\nExample:\n  $ holdfast ${example}`)
    .action(async (_options: unknown, given: Command) => {
      await withAccess(given, place, work)
    })
}

async function createUser(access: Access, globals: Globals): Promise<void> {
  const [group, file] = [globals.option('group'), globals.option('policy')]
  const made = await access.api.access.createUser({ name: needed(globals, 'name'), ...(group === undefined ? {} : { group }), ...(file === undefined ? {} : { policy: readFileSync(file, 'utf8') }) })
  if (globals.json) printJson(made)
  else printLine(made.arn)
}

async function createRole(access: Access, globals: Globals): Promise<void> {
  const file = globals.option('policy')
  const made = await access.api.access.createRole({
    name: needed(globals, 'name'),
    trustPolicy: readFileSync(needed(globals, 'trustPolicy'), 'utf8'),
    ...(file === undefined ? {} : { policy: readFileSync(file, 'utf8') }),
  })
  if (globals.json) printJson(made)
  else printLine(made.arn)
}

async function simulate(access: Access, globals: Globals): Promise<void> {
  const context = pairsOf(globals.option('context'))
  const found = await access.api.access.simulate({
    principal: needed(globals, 'principal'), action: needed(globals, 'action'), resource: needed(globals, 'resource'), ...(context === undefined ? {} : { context }),
  })
  if (globals.json) {
    printJson(found)
    return
  }
  printLine(found.allowed ? 'allowed' : `denied (${found.reason})`)
  if (found.statement !== undefined) printLine(`by statement ${found.statement.index}${found.statement.sid === undefined ? '' : ` "${found.statement.sid}"`} of ${found.statement.document}`)
  if (found.grantId !== undefined) printLine(`by grant ${found.grantId}`)
}

function pairsOf(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined
  return Object.fromEntries(text.split(',').map((pair) => {
    const at = pair.indexOf('=')
    if (at <= 0) throw new UsageError('A context is KEY=VALUE, several with commas.')
    return [pair.slice(0, at), pair.slice(at + 1)]
  }))
}

function show(globals: Globals, answer: Readonly<Record<string, readonly { arn: string; groups: string[] }[]>>, member: string): void {
  if (globals.json) printJson(answer)
  else for (const line of tableLines(['ARN', 'GROUPS'], (answer[member] ?? []).map((each) => [each.arn, each.groups.join(' ')]))) printLine(line)
}

function needed(globals: Globals, name: string): string {
  const value = globals.option(name)
  if (value === undefined) throw new UsageError(`--${name} is missing.`)
  return value
}

function say(globals: Globals, text: string): void {
  if (globals.json) printJson({})
  else printLine(text)
}
