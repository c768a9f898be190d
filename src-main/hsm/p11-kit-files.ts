import { readdir, readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { isModuleFile, isNoDevice, readP11KitFields, userConfigurationOf, type P11KitFields } from '#core/tokens/p11-kit.ts'

/** A library that p11-kit's configuration names. */
export interface P11KitModule {
  readonly library: string
  /** `x-init-reserved`: what the library gets as pReserved. */
  readonly parameters: string | undefined
}

/** What packages bring, then what the machine's administrator says (pkcs11.conf(5)). */
const SYSTEM = ['/usr/share/p11-kit/modules', '/etc/pkcs11/modules']
const SYSTEM_CONF = '/etc/pkcs11/pkcs11.conf'

/** Where p11-kit looks for a library that is named without its folder; the build decides, and these are the builds of distributions. */
const LIBRARY_FOLDERS = ['/usr/lib/x86_64-linux-gnu/pkcs11', '/usr/lib/aarch64-linux-gnu/pkcs11', '/usr/lib64/pkcs11', '/usr/lib/pkcs11']

/** Those named by module files of the system and, where p11-kit reads them too, of the user. Lines with `remote:` are commands, not libraries. */
export async function findP11KitModules(environment: NodeJS.ProcessEnv, userHome: string, isRoot = process.getuid?.() === 0): Promise<P11KitModule[]> {
  const own = join(environment['XDG_CONFIG_HOME'] ?? join(userHome, '.config'), 'pkcs11')
  const wanted = userConfigurationOf(await fieldsOf(SYSTEM_CONF))
  // p11-kit reads no user's files for root.
  const user = isRoot || wanted === 'none' ? [] : [join(own, 'modules')]
  const merged = new Map<string, Map<string, string>>()
  for (const folder of [...(wanted === 'only' && user.length > 0 ? [] : SYSTEM), ...user]) {
    for (const [name, fields] of await moduleFiles(folder)) merged.set(name, new Map([...(merged.get(name) ?? []), ...fields]))
  }
  return [...merged.values()].flatMap((fields) => modulesOf(fields))
}

/** A library without a folder is one candidate in each folder where it may lie; the finder drops those that do not exist. */
function modulesOf(fields: P11KitFields): P11KitModule[] {
  const named = fields.get('module')
  if (named === undefined || named === '' || isNoDevice(fields)) return []
  const parameters = fields.get('x-init-reserved')
  const libraries = isAbsolute(named) ? [named] : LIBRARY_FOLDERS.map((folder) => join(folder, named))
  return libraries.map((library) => ({ library, parameters }))
}

async function moduleFiles(folder: string): Promise<(readonly [name: string, fields: P11KitFields])[]> {
  const names = (await absentAs<string[]>([], readdir(folder))).filter(isModuleFile).sort()
  return Promise.all(names.map(async (name) => [name, await fieldsOf(join(folder, name))] as const))
}

async function fieldsOf(path: string): Promise<P11KitFields> {
  return readP11KitFields(await absentAs('', readFile(path, 'utf8')))
}

async function absentAs<T>(absent: T, read: Promise<T>): Promise<T> {
  try {
    return await read
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return absent
    throw error
  }
}
