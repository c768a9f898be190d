import { contextBridge, ipcRenderer } from 'electron'
import { answerNotice, readNotice, type Notice, type NoticeBridge } from '#contract/notice.ts'

const bridge: NoticeBridge = {
  read: () => ipcRenderer.invoke(readNotice) as Promise<Notice>,
  answer(button) {
    ipcRenderer.send(answerNotice, button)
  },
}

contextBridge.exposeInMainWorld('notice', bridge)
