// How the desktop app's page, its preload and the main process find each other. What is then said goes over the port: the contract.

/** The origin of the console's page in the desktop app; main serves it and believes no other sender. */
export const consoleOrigin = 'app://holdfast'

/** Asks for a port: from the page to its preload as a message of the window, from there to main. */
export const askForPort = 'holdfast:ask-for-port'

/** Brings the port, the same way back. */
export const portMessage = 'holdfast:port'

/** From the preload alone, which learns the paths of files that a person gives to the page. */
export const handleOfPath = 'holdfast:handle-of-path'
/** The system's own dialog. */
export const chooseOnHost = 'holdfast:choose-on-host'
/** Dragging a file out of the window: first whether it may, then that it is being dragged. */
export const mayDragOut = 'holdfast:may-drag-out'
export const dragOut = 'holdfast:drag-out'

/** A file or folder of the host that a person chose. */
export interface ChosenOnHost {
  /** Stands for its path wherever the contract takes one, on this page's line only. The page never learns the path. */
  readonly handle: string
  readonly name: string
  /** Bytes; 0 for a folder. */
  readonly size: number
}

/** What the desktop app puts on the console's window, as `desktop`: what a browser cannot do. */
export interface DesktopBridge {
  /** A handle for a file that was dropped or chosen in the page (the DOM's File); undefined if it is none of the disk. */
  handleOf(file: object): Promise<string | undefined>
  /** Asks with the system's dialog; none if the person thinks better of it. */
  choose(what: 'files' | 'folder'): Promise<readonly ChosenOnHost[]>
  /** What `dragOut` takes for a file on the host that may be dragged out; undefined if it may not: only what we have encrypted leaves so. */
  mayDragOut(path: string): Promise<string | undefined>
  /** To be called in `dragstart`, whose own drag is prevented. */
  dragOut(ticket: string): void
}
