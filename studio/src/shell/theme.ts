import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'
const key = 'dbkit.studio.theme'

function stored(): Theme {
  const value = localStorage.getItem(key)
  return value === 'light' || value === 'dark' ? value : 'system'
}

let theme: Theme = stored()
const listeners = new Set<() => void>()

function show(): void {
  document.documentElement.style.colorScheme = theme === 'system' ? 'light dark' : theme
}
show()

export function setTheme(next: Theme): void {
  theme = next
  if (next === 'system') localStorage.removeItem(key)
  else localStorage.setItem(key, next)
  show()
  for (const listener of listeners) listener()
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => theme,
  )
}

const darkSystem = window.matchMedia('(prefers-color-scheme: dark)')

/** Whether the page is dark now, whoever decided it. */
export function useDark(): boolean {
  const chosen = useTheme()
  const system = useSyncExternalStore(
    (listener) => {
      darkSystem.addEventListener('change', listener)
      return () => darkSystem.removeEventListener('change', listener)
    },
    () => darkSystem.matches,
  )
  return chosen === 'system' ? system : chosen === 'dark'
}
