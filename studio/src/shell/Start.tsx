import { useCallback, useEffect, useState } from 'react'
import { api, ApiError, failureOf, watchServer } from '../api/client'
import type { Info, Schema } from '../api/types'
import { App } from './App'
import { GonePage, NoSessionPage, ProblemPage } from './screens'
import { StudioProvider } from './studio'

type State =
  | { at: 'loading' }
  | { at: 'expired' }
  | { at: 'problem'; message: string; hint?: string }
  | { at: 'ready'; info: Info; schema: Schema }

/** The one-time token of the printed address. It leaves the address before anything else happens. */
function takeToken(): string | null {
  const token = /^#(?:token=)?([A-Za-z0-9_-]{16,})$/.exec(location.hash)?.[1] ?? null
  if (token !== null) history.replaceState(null, '', location.pathname)
  return token
}

let token = takeToken()

export function Start() {
  const [state, setState] = useState<State>({ at: 'loading' })
  const [server, setServer] = useState<'ok' | 'gone' | 'expired'>('ok')

  const load = useCallback(async () => {
    try {
      let info: Info | null = null
      if (token !== null) {
        const once = token
        token = null
        // A reloaded address brings a spent token along with a session that is still good.
        info = await api.session(once).catch((error: unknown) => {
          if (error instanceof ApiError) return null
          token = once
          throw error
        })
      }
      info ??= await api.info()
      setState({ at: 'ready', info, schema: await api.schema() })
    } catch (error) {
      const failure = failureOf(error)
      if (failure.kind === 'unauthorized') setState({ at: 'expired' })
      else if (error instanceof ApiError) setState({ at: 'problem', message: failure.message, ...(failure.hint ? { hint: failure.hint } : {}) })
    }
  }, [])

  useEffect(() => {
    watchServer(setServer)
    void load()
  }, [load])

  const again = async () => {
    if (state.at === 'ready') await api.info().catch(() => undefined)
    else await load()
  }

  // The page stays below the notice: staged edits outlive a server that is started again.
  return (
    <>
      {state.at === 'loading' && server === 'ok' && <p className="loading-page" role="status">Connecting…</p>}
      {state.at === 'expired' && <NoSessionPage />}
      {state.at === 'problem' && <ProblemPage message={state.message} hint={state.hint} onRetry={again} />}
      {state.at === 'ready' && (
        <StudioProvider info={state.info} schema={state.schema}>
          <App />
        </StudioProvider>
      )}
      {server === 'gone' && <GonePage onRetry={again} />}
      {server === 'expired' && state.at === 'ready' && <NoSessionPage />}
    </>
  )
}
