import { app, type Session, type WebContents } from 'electron'
import { consoleOrigin } from '#contract/desktop.ts'

/** What every window's page may: run in a sandbox, in a world of its own, with nothing of Node. */
export const webPreferences = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
  devTools: !app.isPackaged,
} as const

/** Nothing that any page does leads out of the app: no window, no other address, no embedded page. Before the first window. */
export function guardPages(): void {
  app.on('web-contents-created', (_event, contents) => {
    guard(contents)
  })
}

function guard(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-navigate', refuse)
  contents.on('will-frame-navigate', refuse)
  contents.on('will-redirect', refuse)
  contents.on('will-attach-webview', refuse)
}

function refuse(event: { preventDefault(): void }): void {
  event.preventDefault()
}

/** The pages of a session get no permission but to copy a text to the clipboard (`copying` is told before), and reach nothing but ourselves. */
export function guardSession(session: Session, copying?: () => void): void {
  session.setPermissionRequestHandler((contents, permission, decide, details) => {
    const allowed = copying !== undefined && details.isMainFrame && isAllowed(permission, details.requestingUrl) && contents.getURL().startsWith(`${consoleOrigin}/`)
    if (allowed) copying()
    decide(allowed)
  })
  session.setPermissionCheckHandler((_contents, permission, origin) => copying !== undefined && isAllowed(permission, origin))
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler(null)
  session.webRequest.onBeforeRequest((details, decide) => {
    decide({ cancel: !ownSchemes.test(details.url) })
  })
  // What the console made itself (a certificate, a public key) may be saved, where the person says in the system's dialog; nothing else.
  session.on('will-download', (event, item) => {
    if (!item.getURL().startsWith(`blob:${consoleOrigin}/`)) refuse(event)
  })
  session.setSpellCheckerEnabled(false)
}

/** `devtools:` is the developer tools' own page, which only an unpacked app opens; `blob:` and `data:` stay within the page. */
const ownSchemes = app.isPackaged ? /^(app|blob|data):/ : /^(app|blob|data|devtools):/

function isAllowed(permission: string, url: string): boolean {
  return permission === 'clipboard-sanitized-write' && (url === consoleOrigin || url.startsWith(`${consoleOrigin}/`))
}
