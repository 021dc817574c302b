import { useCallback, useEffect, useRef, useState } from 'react'
import { api, failureOf } from '../api/client'
import type { Cell, Failure, Filter, Order, RowsPage, Table } from '../api/types'
import { useStudio } from '../shell/studio'

export const pageRows = 200
// What stays in the page at once; pages further away are dropped and fetched again by their cursor.
const keptRows = 5000

export type RowsQuery = { table: Table; filter?: Filter; search?: string; order: Order[]; jump?: Cell[] }

export type LoadedRow = { key: Cell[]; values: Cell[] }

/** `from`: the cursor that leads to the page's first row; none at the beginning, null where it is not known. */
type Page = RowsPage & { from: string | undefined | null }

type State = { shown: string; pages: Page[]; rows: LoadedRow[]; busy: boolean; failure: Failure | null; ms: number | null }

function rowsOf(pages: Page[]): LoadedRow[] {
  return pages.flatMap((page) => page.rows.map((values, at) => ({ key: page.keys[at] ?? [], values })))
}

/** Keyset pages of one table; `onShift` says by how many rows what is shown moved down. */
export function useRows(query: RowsQuery, onShift: (rows: number) => void) {
  const { epoch, refresh, setCode } = useStudio()
  const [state, setState] = useState<State>({ shown: '', pages: [], rows: [], busy: true, failure: null, ms: null })
  const busy = useRef(false)
  const generation = useRef(0)
  const pages = useRef<Page[]>([])
  const shownFor = useRef('')
  const asked = JSON.stringify(query)

  const show = useCallback((next: Page[], ms: number | null) => {
    pages.current = next
    setState({ shown: shownFor.current, pages: next, rows: rowsOf(next), busy: false, failure: null, ms })
  }, [])

  useEffect(() => {
    const abort = new AbortController()
    generation.current += 1
    busy.current = true
    setState((before) => ({ ...before, busy: true }))
    const { jump, ...request } = JSON.parse(asked) as RowsQuery
    // The same rows again stay where they are: as many, from the same first one.
    const again = shownFor.current === asked
    const cursor = again ? (pages.current[0]?.from ?? undefined) : undefined
    const limit = again && pages.current[0]?.from !== null ? Math.max(pageRows, rowsOf(pages.current).length) : pageRows
    api
      .rows({ ...request, limit, ...(cursor === undefined ? (jump ? { jump } : {}) : { cursor }) }, abort.signal)
      .then((page) => {
        busy.current = false
        shownFor.current = asked
        show([{ ...page, from: cursor }], page.ms)
        setCode({ sql: page.sql, diesel: page.diesel })
      })
      .catch((error: unknown) => {
        if (abort.signal.aborted) return
        busy.current = false
        setState((before) => ({ ...before, shown: asked, busy: false, failure: failureOf(error) }))
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
      const { jump, ...request } = JSON.parse(asked) as RowsQuery
      try {
        const answer = await api.rows({ ...request, cursor, limit: pageRows })
        const page: Page = { ...answer, from: direction === 'next' ? cursor : answer.previous === null && !jump ? undefined : null }
        if (generation.current !== mine) return null
        const all = direction === 'next' ? [...pages.current, page] : [page, ...pages.current]
        let total = rowsOf(all).length
        let dropped = 0
        for (;;) {
          const far = direction === 'next' ? all[0] : all.at(-1)
          if (all.length < 2 || far === undefined || total - far.rows.length < keptRows) break
          if (direction === 'next') all.shift()
          else all.pop()
          total -= far.rows.length
          dropped += far.rows.length
        }
        show(all, page.ms)
        if (direction === 'previous') onShift(page.rows.length)
        else if (dropped > 0) onShift(-dropped)
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

  /** The last rows of the order; answers with how many there are, or null when there are none. */
  const end = useCallback(async (): Promise<number | null> => {
    generation.current += 1
    const mine = generation.current
    busy.current = true
    setState((before) => ({ ...before, busy: true }))
    const { jump: _, ...request } = JSON.parse(asked) as RowsQuery
    try {
      const page = await api.rows({ ...request, last: true, limit: pageRows })
      if (generation.current !== mine) return null
      show([{ ...page, from: null }], page.ms)
      setCode({ sql: page.sql, diesel: page.diesel })
      return page.rows.length
    } catch (error) {
      if (generation.current === mine) setState((before) => ({ ...before, busy: false, failure: failureOf(error) }))
      return null
    } finally {
      if (generation.current === mine) busy.current = false
    }
  }, [asked, setCode, show])

  /** The first rows again, wherever one was. */
  const restart = useCallback(() => {
    shownFor.current = ''
    refresh()
  }, [refresh])

  return {
    ...state,
    // A question just changed is under way before its effect has run.
    busy: state.busy || state.shown !== asked,
    turn,
    end,
    restart,
    hasNext: (state.pages.at(-1)?.next ?? null) !== null,
    hasPrevious: (state.pages[0]?.previous ?? null) !== null,
  }
}
