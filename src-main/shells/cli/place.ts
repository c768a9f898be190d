/** Where this program lies, found out once by the entry file. */
export interface Place {
  /** The folder that the renderer was built into. */
  readonly renderer: string
  readonly version: string
  /** Our name and version, as audit records have it. */
  readonly agent: string
}
