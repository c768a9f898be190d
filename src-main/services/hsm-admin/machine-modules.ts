import type { Hsm, ModuleFacts } from '#core/ports/hsm.ts'

/** The PKCS#11 libraries of this machine. */
export interface MachineModules {
  /** Who asks while they are being looked for gets the same answer: a process per library is started once, however many ask. */
  modules(): Promise<ModuleFacts[]>
}

export function createMachineModules(hsm: Hsm): MachineModules {
  let looking: Promise<ModuleFacts[]> | undefined
  return {
    modules() {
      looking ??= hsm.modules().finally(() => { looking = undefined })
      return looking
    },
  }
}
