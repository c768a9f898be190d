import { createApp } from 'vue'
import type { NoticeBridge } from '#contract/notice.ts'
import '../window.css'
import NoticeWindow from './NoticeWindow.vue'

const { notice } = window as Window & { notice?: NoticeBridge }
if (notice === undefined) throw new Error('unreachable: a notice without its preload')

createApp(NoticeWindow, { notice: await notice.read(), answer: notice.answer }).mount('#app')
