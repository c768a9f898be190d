import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { createBrowserTransport } from '#api/browser-transport.ts'
import { clientKey, createClient } from '#api/client.ts'
import { createPortTransport } from '#api/port-transport.ts'
import { consoleOrigin } from '#contract/desktop.ts'
import { useSession } from '#stores/session.ts'
import { useTheme } from '#stores/theme.ts'
import ConsoleApp from './ConsoleApp.vue'
import { createConsoleRouter } from './router.ts'
import './ui/theme.css'

// Before anything else runs: the transport takes the one-time token out of the address.
const client = createClient(location.origin === consoleOrigin ? createPortTransport() : createBrowserTransport())

const app = createApp(ConsoleApp)
app.provide(clientKey, client)
app.use(createPinia())
useTheme()
void useSession().follow()
app.use(createConsoleRouter())
app.mount('#app')
