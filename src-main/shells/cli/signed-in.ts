import type { Command } from 'commander'
import { type Access, openAccess, openOwnersAccess } from './access.ts'
import { type Globals, globalsOf } from './globals.ts'
import { signIn } from './login.ts'
import type { Place } from './place.ts'

/** Does a command's work signed in, wherever the vault is, and leaves it as it was. */
export async function withAccess(command: Command, place: Place, work: (access: Access, globals: Globals) => Promise<void>): Promise<void> {
  const globals = globalsOf(command)
  await signedIn(await openAccess(globals.home, place.agent), globals, work)
}

/** As `withAccess`, at the running owner only. Throws NOT_RUNNING. */
export async function withOwner(command: Command, place: Place, work: (access: Access, globals: Globals) => Promise<void>): Promise<void> {
  const globals = globalsOf(command)
  await signedIn(await openOwnersAccess(globals.home, place.agent), globals, work)
}

async function signedIn(access: Access, globals: Globals, work: (access: Access, globals: Globals) => Promise<void>): Promise<void> {
  try {
    await signIn(access, globals)
    await work(access, globals)
  } finally {
    await access.close()
  }
}
