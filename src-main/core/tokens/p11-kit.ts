// p11-kit's configuration (pkcs11.conf(5)): `name: value` lines, comments from # at the line's start.

export type P11KitFields = ReadonlyMap<string, string>

/** The fields of one file; what is no field is left out, as p11-kit does. The last of two with one name counts. */
export function readP11KitFields(text: string): P11KitFields {
  const fields = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^\s*([A-Za-z0-9_-]+)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) fields.set(name.toLowerCase(), value)
  }
  return fields
}

/** `none` reads the system's files only, `only` the user's own, `merge` both, a user's fields over the system's. */
export type UserConfiguration = 'none' | 'merge' | 'only'

/** What pkcs11.conf says of the user's files; p11-kit merges where it says nothing. */
export function userConfigurationOf(fields: P11KitFields): UserConfiguration {
  const value = fields.get('user-config')
  return value === 'none' || value === 'only' ? value : 'merge'
}

/** True for a module that holds trust anchors only, and for one that is meant for certain programs, which we are none of. */
export function isNoDevice(fields: P11KitFields): boolean {
  return fields.get('trust-policy') === 'yes' || fields.has('enable-in')
}

/** p11-kit reads only files with such names. */
export function isModuleFile(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]*\.module$/.test(name)
}
