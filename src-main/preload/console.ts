import { ipcRenderer } from 'electron'
import { askForPort, portMessage } from '#contract/desktop.ts'

// Hands the console's page its port to main. Nothing is put on the page's window: both sides speak by messages of the window itself.

window.addEventListener('message', (event) => {
  if (event.source === window && event.origin === location.origin && event.data === askForPort) ipcRenderer.send(askForPort)
})

ipcRenderer.on(portMessage, (event) => {
  window.postMessage(portMessage, location.origin, [...event.ports])
})
