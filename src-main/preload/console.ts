import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { askForPort, chooseOnHost, dragOut, handleOfPath, mayDragOut, portMessage, type ChosenOnHost, type DesktopBridge } from '#contract/desktop.ts'

// Hands the console's page its port to main, by messages of the window itself: nothing that could call main stands on it. Beside that
// only what a browser cannot do: files of the host, under opaque handles.

window.addEventListener('message', (event) => {
  if (event.source === window && event.origin === location.origin && event.data === askForPort) ipcRenderer.send(askForPort)
})

ipcRenderer.on(portMessage, (event) => {
  window.postMessage(portMessage, location.origin, [...event.ports])
})

const bridge: DesktopBridge = {
  async handleOf(file) {
    // A File that the page has made itself has no path; anything else throws.
    const path = webUtils.getPathForFile(file as File)
    return path === '' ? undefined : ((await ipcRenderer.invoke(handleOfPath, path)) as string | undefined)
  },
  choose: async (what) => (await ipcRenderer.invoke(chooseOnHost, what)) as readonly ChosenOnHost[],
  mayDragOut: async (path) => (await ipcRenderer.invoke(mayDragOut, path)) as string | undefined,
  dragOut(ticket) {
    ipcRenderer.send(dragOut, ticket)
  },
}

contextBridge.exposeInMainWorld('desktop', bridge)
