import { createContext, useCallback, useContext, useEffect, useMemo, useReducer, useRef, useState, type Dispatch, type ReactNode } from 'react'
import { api, failureOf } from '../api/client'
import type { Failure, Info, Schema } from '../api/types'
import { nothingStaged, stagedReducer, type StagedAction, type StagedState } from '../staged/model'

export type Notice = { id: number; text: string; tone: 'good' | 'bad' }
export type Code = { sql: string; diesel: string }

type Studio = {
  info: Info
  setInfo: (info: Info) => void
  schema: Schema
  reloadSchema: () => Promise<void>
  staged: StagedState
  dispatch: Dispatch<StagedAction>
  notices: Notice[]
  /** A failure stays until it is dismissed, unless it is shown at its place as well (`brief`). */
  notify: (text: string, tone?: Notice['tone'], brief?: boolean) => void
  dismiss: (id: number) => void
  report: (error: unknown) => Failure
  code: Code | null
  setCode: (code: Code) => void
  /** Grows whenever data may have changed, so that views load again. */
  epoch: number
  refresh: () => void
}

const Context = createContext<Studio | null>(null)

export function useStudio(): Studio {
  const studio = useContext(Context)
  if (studio === null) throw new Error('useStudio outside of StudioProvider')
  return studio
}

let noticeIds = 0

export function StudioProvider(props: { info: Info; schema: Schema; children: ReactNode }) {
  const [info, setInfo] = useState(props.info)
  const [schema, setSchema] = useState(props.schema)
  const [staged, dispatch] = useReducer(stagedReducer, nothingStaged)
  const [notices, setNotices] = useState<Notice[]>([])
  const [code, setCode] = useState<Code | null>(null)
  const [epoch, setEpoch] = useState(0)

  const dismiss = useCallback((id: number) => setNotices((all) => all.filter((notice) => notice.id !== id)), [])
  const notify = useCallback(
    (text: string, tone: Notice['tone'] = 'good', brief = tone === 'good') => {
      noticeIds += 1
      const id = noticeIds
      setNotices((all) => [...all.filter((notice) => notice.text !== text).slice(-3), { id, text, tone }])
      if (brief) setTimeout(() => dismiss(id), 5000)
    },
    [dismiss],
  )
  const report = useCallback(
    (error: unknown) => {
      const failure = failureOf(error)
      notify(failure.hint ? `${failure.message} ${failure.hint}` : failure.message, 'bad')
      return failure
    },
    [notify],
  )
  const reloadSchema = useCallback(async () => {
    try {
      setSchema(await api.schema())
    } catch (error) {
      report(error)
    }
  }, [report])
  const refresh = useCallback(() => setEpoch((now) => now + 1), [])

  const seen = useRef('')
  useEffect(() => {
    // Coming back from a terminal where tables may have changed.
    const look = async () => {
      if (document.visibilityState !== 'visible') return
      try {
        const { version } = await api.version()
        const changed = seen.current !== '' && seen.current !== version
        seen.current = version
        if (!changed) return
        await reloadSchema()
        refresh()
        notify('Tables have changed since they were read; they were read again.')
      } catch {
        // Whoever asks for rows next hears what is wrong.
      }
    }
    void look()
    window.addEventListener('focus', look)
    return () => window.removeEventListener('focus', look)
  }, [reloadSchema, refresh, notify])

  const studio = useMemo<Studio>(
    () => ({
      info, setInfo, schema, reloadSchema, staged, dispatch, notices, notify, dismiss, report, code, setCode, epoch, refresh,
    }),
    [info, schema, reloadSchema, staged, notices, notify, dismiss, report, code, epoch, refresh],
  )
  return <Context.Provider value={studio}>{props.children}</Context.Provider>
}
