import type { Command } from 'commander'
import type { ModuleView } from '#contract/hsm.ts'
import { openAccess } from './access.ts'
import { type Globals, globalsOf } from './globals.ts'
import { signIn } from './login.ts'
import type { Place } from './place.ts'
import { printJson, printLine } from './print.ts'
import { tableLines } from './table.ts'

/** `hsm modules` and `hsm slots`: they look, and change nothing. */
export function addHsmModules(hsm: Command, place: Place): void {
  hsm
    .command('modules')
    .description('the PKCS#11 libraries of this machine, each tried in a process of its own')
    .addHelpText('after', '\nExample:\n  $ holdfast hsm modules')
    .action(async (_options: unknown, command: Command) => {
      await look(globalsOf(command), place, (modules) => ({ json: { modules }, lines: moduleLines(modules) }))
    })
  hsm
    .command('slots')
    .description('the tokens that these libraries show, with what their PINs say of themselves')
    .addHelpText('after', '\nExample:\n  $ holdfast hsm slots')
    .action(async (_options: unknown, command: Command) => {
      await look(globalsOf(command), place, (modules) => {
        const slots = modules.flatMap(({ name, library, pinFormat, tokens }) => tokens.map((token) => ({ module: name, library, pinFormat, ...token })))
        return { json: { slots }, lines: slotLines(slots) }
      })
    })
}

interface Shown {
  readonly json: unknown
  readonly lines: readonly string[]
}

async function look(globals: Globals, place: Place, show: (modules: ModuleView[]) => Shown): Promise<void> {
  const access = await openAccess(globals.home, place.agent)
  try {
    // An open vault shows its machine to those who are signed in; a locked one, or none, to everyone.
    if ((await access.api.vault.status({})).state === 'unlocked') await signIn(access, globals)
    const { json, lines } = show((await access.api.hsm.modules({})).modules)
    if (globals.json) printJson(json)
    else lines.forEach(printLine)
  } finally {
    await access.close()
  }
}

const states = { answers: 'answers', 'needs-parameters': 'not tried', fails: 'fails' } as const satisfies Record<ModuleView['state'], string>

function moduleLines(modules: readonly ModuleView[]): string[] {
  if (modules.length === 0) return ['No PKCS#11 library was found on this machine.']
  const rows = modules.map(({ name, state, tokens, source, library }) => [name, states[state], String(tokens.length), source, library])
  const notes = modules.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}`]))
  return [...tableLines(['NAME', 'STATE', 'TOKENS', 'SOURCE', 'LIBRARY'], rows), ...(notes.length === 0 ? [] : ['', ...notes])]
}

type SlotView = ModuleView['tokens'][number] & { readonly module: string; readonly pinFormat?: string | undefined }

function slotLines(slots: readonly SlotView[]): string[] {
  if (slots.length === 0) return ['No token was found. `holdfast hsm modules` shows where was looked.']
  const rows = slots.map((slot) => [slot.initialised ? slot.label : '(not initialised)', slot.serial === '' ? '-' : slot.serial, slot.model, slot.firmware, slot.module, pinWords(slot)])
  const formats = new Map(slots.flatMap(({ module, pinFormat }) => (pinFormat === undefined ? [] : [[module, pinFormat] as const])))
  const notes = [...formats].map(([module, format]) => `PIN of ${module}: ${format}`)
  return [...tableLines(['LABEL', 'SERIAL', 'MODEL', 'FIRMWARE', 'MODULE', 'PIN'], rows), ...(notes.length === 0 ? [] : ['', ...notes])]
}

/** The worst that the token says of its user PIN. */
function pinWords({ initialised, pin }: SlotView): string {
  if (!initialised) return '-'
  if (pin.locked) return 'locked'
  if (pin.finalTry) return 'one try left'
  return pin.countLow ? 'wrong tries before' : 'as it should be'
}
