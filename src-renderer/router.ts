import { createRouter, createWebHistory, type Router } from 'vue-router'
import AuditPage from './features/audit/AuditPage.vue'
import DataKeysPage from './features/data-keys/DataKeysPage.vue'
import EndpointPage from './features/endpoint/EndpointPage.vue'
import FilesPage from './features/files/FilesPage.vue'
import HsmsPage from './features/hsm/HsmsPage.vue'
import CreateKeyPage from './features/keys/CreateKeyPage.vue'
import KeyPage from './features/keys/KeyPage.vue'
import PlaygroundPage from './features/keys/playground/PlaygroundPage.vue'
import KeysPage from './features/keys/KeysPage.vue'
import SchedulePage from './features/schedule/SchedulePage.vue'
import SettingsPage from './features/settings/SettingsPage.vue'

declare module 'vue-router' {
  interface RouteMeta {
    title: string
    /** The page fills the frame and brings its own steps in the place of the side navigation. */
    wizard?: boolean
  }
}

/** Every page, by a path that can be linked. Reads the address when it is called: after the one-time token has been taken out of it. */
export function createConsoleRouter(): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', redirect: '/keys' },
      { path: '/keys', name: 'keys', component: KeysPage, meta: { title: 'Keys' } },
      { path: '/keys/create', name: 'create-key', component: CreateKeyPage, meta: { title: 'Create key', wizard: true } },
      { path: '/keys/:keyId/:tab?', name: 'key', component: KeyPage, props: true, meta: { title: 'Key' } },
      { path: '/data-keys', name: 'data-keys', component: DataKeysPage, meta: { title: 'Data keys' } },
      { path: '/schedule', name: 'schedule', component: SchedulePage, meta: { title: 'Schedule' } },
      { path: '/files', name: 'files', component: FilesPage, meta: { title: 'Files' } },
      { path: '/playground/:keyId?', name: 'playground', component: PlaygroundPage, props: true, meta: { title: 'Playground' } },
      { path: '/audit', name: 'audit', component: AuditPage, meta: { title: 'Audit trail' } },
      { path: '/hsms/:memberId?', name: 'hsms', component: HsmsPage, props: true, meta: { title: 'HSMs' } },
      { path: '/endpoint', name: 'endpoint', component: EndpointPage, meta: { title: 'Endpoint' } },
      { path: '/settings', name: 'settings', component: SettingsPage, meta: { title: 'Settings' } },
      { path: '/:rest(.*)*', redirect: '/keys' },
    ],
  })

  router.afterEach((to) => {
    document.title = `${to.meta.title} · Holdfast`
  })
  return router
}
