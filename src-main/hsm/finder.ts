import { realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { knownModuleRows, modulePlatforms, type KnownModule } from '#core/tokens/modules.ts'
import type { ModuleConfig, ModuleFacts } from '#core/ports/hsm.ts'
import { findP11KitModules } from './p11-kit-files.ts'

/** A library that is there; not yet loaded. */
export interface FoundModule {
  readonly name: string
  readonly module: ModuleConfig
  readonly source: ModuleFacts['source']
  readonly pinFormat: string | undefined
  /** What parameters look like without which it does not start. */
  readonly example: string | undefined
}

/** Variables by which other programs (libp11, pkcs11-provider) are told of a library. */
const VARIABLES = ['PKCS11_MODULE_PATH', 'PKCS11_PROVIDER_MODULE'] as const

/**
 * The libraries of this machine, each once however many names lead to it: what the environment names, what p11-kit's configuration names (whose
 * parameters then hold), where vendors put theirs. Absolute paths only. `userHome` holds the user's own p11-kit files.
 */
export async function findModules(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv, userHome: string): Promise<FoundModule[]> {
  const candidates: Candidate[] = [
    ...VARIABLES.flatMap((name) => candidateOf(environment[name], 'environment')),
    ...(platform === 'linux' ? await findP11KitModules(environment, userHome) : []).map(({ library, parameters }) => ({ library, parameters, source: 'p11-kit' as const })),
    ...knownModuleRows().flatMap((known) => pathsOf(known, platform).map((library) => ({ library, source: 'known' as const, known }))),
  ]
  const found = new Map<string, FoundModule>()
  const taken = new Set<KnownModule>()
  for (const candidate of candidates) {
    const real = await realPathOf(candidate.library)
    if (real === undefined) continue
    const known = candidate.known ?? knownAs(candidate.library, real, platform)
    // Of a vendor's usual places the first that exists is taken; a second copy is shown only if something names it.
    if (found.has(real) || (candidate.source === 'known' && known !== undefined && taken.has(known))) continue
    if (known !== undefined) taken.add(known)
    found.set(real, {
      name: known?.name ?? basename(candidate.library),
      module: { library: candidate.library, parameters: candidate.parameters },
      source: candidate.source,
      pinFormat: known?.pin,
      example: known?.parameters,
    })
  }
  return [...found.values()]
}

interface Candidate {
  readonly library: string
  readonly parameters?: string | undefined
  readonly source: ModuleFacts['source']
  readonly known?: KnownModule
}

function candidateOf(library: string | undefined, source: 'environment'): Candidate[] {
  return library?.startsWith('/') === true || /^[A-Za-z]:\\/.test(library ?? '') ? [{ library: library ?? '', source }] : []
}

function pathsOf(known: KnownModule, platform: NodeJS.Platform): readonly string[] {
  const own = modulePlatforms.find((each) => each === platform)
  return own === undefined ? [] : (known.paths[own] ?? [])
}

/** Told by the file's name: distributions put the same library elsewhere. */
function knownAs(path: string, real: string, platform: NodeJS.Platform): KnownModule | undefined {
  const names = new Set([basename(path), basename(real)])
  return knownModuleRows().find((known) => pathsOf(known, platform).some((each) => names.has(basename(each))))
}

async function realPathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined
    throw error
  }
}
