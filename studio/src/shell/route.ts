import { useSyncExternalStore } from 'react'
import { tableFromId, tableId } from '../api/names'
import type { Cell, Filter, Order, Table } from '../api/types'

// The address says which view and which table. Values (filters, jumps) stay in the history
// entry's state, so that no data ends up in an address that is copied, logged or synchronised.

export type View = 'data' | 'sql' | 'schema' | 'migrations'

export type Position = { filter?: Filter; search?: string; order?: Order[]; jump?: Cell[] }

export type Crumb = { table: Table; label: string; position: Position }

/** `entry` differs after every step in the history, also to the same table with another filter. */
export type Route = { view: View; table: Table | null; position: Position; trail: Crumb[]; entry: number }

type Kept = { position?: Position; trail?: Crumb[] }

const views: View[] = ['data', 'sql', 'schema', 'migrations']

let entries = 0

function read(): Route {
  entries += 1
  const [view, id] = location.hash.replace(/^#\/?/, '').split('/')
  const kept = (history.state ?? {}) as Kept
  return {
    view: views.find((known) => known === view) ?? 'data',
    table: id ? tableFromId(id) : null,
    position: kept.position ?? {},
    trail: kept.trail ?? [],
    entry: entries,
  }
}

let current = read()
const listeners = new Set<() => void>()

function changed(): void {
  current = read()
  for (const listener of listeners) listener()
}
window.addEventListener('popstate', changed)
window.addEventListener('hashchange', changed)

function address(view: View, table: Table | null): string {
  return table ? `#/${view}/${tableId(table)}` : `#/${view}`
}

export function go(to: { view: View; table?: Table | null; position?: Position; trail?: Crumb[] }): void {
  const table = to.table === undefined ? current.table : to.table
  history.pushState({ position: to.position ?? {}, trail: to.trail ?? [] } satisfies Kept, '', address(to.view, table))
  changed()
}

/** Keeps the present filter and order for the way back, without a new entry. */
export function remember(position: Position): void {
  history.replaceState({ position, trail: current.trail } satisfies Kept, '', location.hash || address(current.view, current.table))
  current = { ...current, position }
}

export function useRoute(): Route {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
  )
}
