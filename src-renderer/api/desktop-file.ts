import type { Api } from '#contract/contract.ts'
import type { DesktopBridge } from '#contract/desktop.ts'
import { ApiFailure } from './failure.ts'
import { hostFile, type GivenFile } from './given-file.ts'

/** A file that was dropped or chosen in the desktop app: main knows where it is, this page has a handle for it and its name. */
export function desktopFile(api: Api, file: File, desktop: DesktopBridge): GivenFile {
  const { name, size } = file
  const host = desktop.handleOf(file).then((handle) => {
    if (handle === undefined) throw new ApiFailure('FILE_UNREADABLE', `${name} cannot be read.`, 'It is not a file of this computer.')
    return hostFile(api, { name, path: handle, size })
  })
  // Told by whoever uses the file; if nobody does, there is nobody to tell.
  host.catch(() => undefined)
  return {
    name,
    size,
    // All that this page may know of it.
    path: name,
    inspect: async () => (await host).inspect(),
    run: async (work, watch) => (await host).run(work, watch),
  }
}
