import { useCallback, useEffect, useRef, useState } from 'react'
import { api, failureOf } from '../api/client'
import type { Cell, Failure, Filter, Order, RowsPage, Table } from '../api/types'
import { useStudio } from '../shell/studio'

export const pageRows = 200
// What stays in the page at once; pages further away are dropped and fetched again by their cursor.
const keptPages = 25

export type RowsQuery = { table: Table; filter?: Filter; search?: string; order: Order[]; jump?: Cell[] }

export type LoadedRow = { key: Cell[]; values: Cell[] }

type State = { pages: RowsPage[]; rows: LoadedRow[]; busy: boolean; failure: Failure | null; ms: number | null }

function rowsOf(pages: RowsPage[]): LoadedRow[] {
  return pages.flatMap((page) => page.rows.map((values, at) => ({ key: page.keys[at] ?? [], values })))
}

/** Keyset pages of one table; `onShift` says by how many rows what is shown moved down. */
export function useRows(query: RowsQuery, onShift: (rows: number) => void) {
  const { epoch, setCode } = useStudio()
  const [state, setState] = useState<State>({ pages: [], rows: [], busy: true, failure: null, ms: null })
  const busy = useRef(false)
  const generation = useRef(0)
  const pages = useRef<RowsPage[]>([])
  const asked = JSON.stringify(query)

  const show = useCallback((next: RowsPage[], ms: number | null) => {
    pages.current = next
    setState({ pages: next, rows: rowsOf(next), busy: false, failure: null, ms })
  }, [])

  useEffect(() => {
    const abort = new AbortController()
    generation.current += 1
    busy.current = true
    setState((before) => ({ ...before, busy: true }))
    const request = JSON.parse(asked) as RowsQuery
    api
      .rows({ ...request, limit: pageRows }, abort.signal)
      .then((page) => {
        busy.current = false
        show([page], page.ms)
        setCode({ sql: page.sql, diesel: page.diesel })
      })
      .catch((error: unknown) => {
        if (abort.signal.aborted) return
        busy.current = false
        setState((before) => ({ ...before, busy: false, failure: failureOf(error) }))
      })
    return () => abort.abort()
  }, [asked, epoch, show, setCode])

  /** Loads a page more; answers with where its first row is now, or null when there is none. */
  const turn = useCallback(
    async (direction: 'next' | 'previous', wait = false): Promise<number | null> => {
      // A click must not be lost because scrolling just asked for a page.
      for (let turn = 0; wait && busy.current && turn < 100; turn += 1) await new Promise((resolve) => setTimeout(resolve, 30))
      const first = pages.current[0]
      const cursor = direction === 'next' ? pages.current.at(-1)?.next : first?.previous
      if (busy.current || !cursor) return null
      busy.current = true
      const mine = generation.current
      const { jump: _, ...request } = JSON.parse(asked) as RowsQuery
      try {
        const page = await api.rows({ ...request, cursor, limit: pageRows })
        if (generation.current !== mine) return null
        const all = direction === 'next' ? [...pages.current, page] : [page, ...pages.current]
        if (direction === 'previous') {
          show(all.slice(0, keptPages), page.ms)
          onShift(page.rows.length)
        } else {
          const dropped = all.slice(0, Math.max(0, all.length - keptPages))
          show(all.slice(dropped.length), page.ms)
          if (dropped.length > 0) onShift(-dropped.reduce((sum, each) => sum + each.rows.length, 0))
        }
        setCode({ sql: page.sql, diesel: page.diesel })
        const after = pages.current.slice(0, -1).reduce((sum, each) => sum + each.rows.length, 0)
        return direction === 'next' ? after : 0
      } catch (error) {
        if (generation.current === mine) setState((before) => ({ ...before, failure: failureOf(error) }))
        return null
      } finally {
        if (generation.current === mine) busy.current = false
      }
    },
    [asked, onShift, setCode, show],
  )

  return {
    ...state,
    turn,
    hasNext: (state.pages.at(-1)?.next ?? null) !== null,
    hasPrevious: (state.pages[0]?.previous ?? null) !== null,
  }
}
