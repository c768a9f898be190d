import type { Files, FolderPage } from '#core/ports/files.ts'
import type { Operation, Targeted } from '../operation.ts'

export interface BrowseRequest {
  /** Absolute; the person's own folder if undefined. */
  readonly folder?: string | undefined
  readonly after?: string | undefined
  readonly limit: number
}

/** One page of a folder of the host, for a picker. */
export function browseFolder({ files }: { files: Files }): Operation<BrowseRequest, Targeted, FolderPage> {
  return {
    name: 'BrowseFolder',
    action: 'holdfast:BrowseFolder',
    readOnly: true,
    request: ({ folder }) => (folder === undefined ? null : { folder }),
    check: () => undefined,
    target: () => ({ resources: [] }),
    async perform(_call, _target, { folder, after, limit }) {
      const page = await files.list(folder, { after, limit })
      return { settle: () => page }
    },
  }
}
