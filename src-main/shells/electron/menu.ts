import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import type { LockSettings, SettingsFile } from './settings.ts'

export interface MenuActions {
  /** Locks the vault, as a person asked. */
  lock(): void
}

const MINUTES = [1, 5, 15, 30, 60] as const

/** The application's menu. Undo, copy and paste come with the system's own words and shortcuts. */
export function setMenu(settings: SettingsFile, actions: MenuActions): void {
  const mac = process.platform === 'darwin'
  const template: MenuItemConstructorOptions[] = [
    {
      label: 'Holdfast',
      submenu: [
        { role: 'about' },
        { type: 'separator' },
        { label: 'Lock now', accelerator: 'CmdOrCtrl+L', click: () => actions.lock() },
        { label: 'Lock by itself', submenu: lockMenu(settings) },
        { type: 'separator' },
        ...(mac ? ([{ role: 'services' }, { type: 'separator' }, { role: 'hide' }, { role: 'hideOthers' }, { role: 'unhide' }, { type: 'separator' }] as const) : []),
        { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : ([{ type: 'separator' }, { role: 'toggleDevTools' }] as const)),
      ],
    },
    { role: 'windowMenu' },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}

function lockMenu(settings: SettingsFile): MenuItemConstructorOptions[] {
  const change = (changed: Partial<LockSettings>): void => settings.change({ lock: { ...settings.current.lock, ...changed } })
  const { onSuspend, onScreenLock, whenIdle, idleMinutes } = settings.current.lock
  return [
    { id: 'lock-on-suspend', label: 'When the computer sleeps', type: 'checkbox', checked: onSuspend, click: ({ checked }) => change({ onSuspend: checked }) },
    { id: 'lock-on-screen-lock', label: 'When the screen is locked', type: 'checkbox', checked: onScreenLock, click: ({ checked }) => change({ onScreenLock: checked }) },
    { id: 'lock-when-idle', label: 'When nobody uses the computer', type: 'checkbox', checked: whenIdle, click: ({ checked }) => change({ whenIdle: checked }) },
    {
      label: 'After',
      submenu: MINUTES.map((minutes) => ({
        label: minutes === 1 ? '1 minute' : `${minutes} minutes`,
        type: 'radio',
        checked: minutes === idleMinutes,
        click: () => change({ idleMinutes: minutes }),
      })),
    },
  ]
}
