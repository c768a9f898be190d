import { createApp } from 'vue'
import type { PinBridge } from '#contract/pin.ts'
import '../window.css'
import PinWindow from './PinWindow.vue'

const { pin } = window as Window & { pin?: PinBridge }
if (pin === undefined) throw new Error('unreachable: a PIN window without its preload')

const shown = new URLSearchParams(location.search)
createApp(PinWindow, { member: shown.get('member') ?? '', token: shown.get('token') ?? '', warning: shown.get('warning') ?? '', submit: pin.submit }).mount('#app')
