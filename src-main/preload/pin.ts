import { contextBridge, ipcRenderer } from 'electron'
import { pinHeld, pinPort, type PinBridge } from '#contract/pin.ts'

// Takes the PIN from its window to the host's port. Nothing is kept.

let host: MessagePort | undefined

ipcRenderer.on(pinPort, ({ ports: [port] }) => {
  host = port
  host?.addEventListener('message', () => ipcRenderer.send(pinHeld), { once: true })
  host?.start()
})

const bridge: PinBridge = {
  submit(pin) {
    // What came over the bridge is a copy; the window wipes its own.
    host?.postMessage(pin)
    pin.fill(0)
  },
}

contextBridge.exposeInMainWorld('pin', bridge)
