import { useEffect, useState, type ReactNode } from 'react'
import { Icon, type IconName } from './icons'

function Screen(props: { icon: IconName; title: string; children: ReactNode }) {
  return (
    <main className="screen" role="alert">
      <div className="screen-card">
        <Icon name={props.icon} size={28} />
        <h1>{props.title}</h1>
        {props.children}
      </div>
    </main>
  )
}

export function NoSessionPage() {
  return (
    <Screen icon="lock" title="This session has ended">
      <p>Every start of the studio prints an address that opens it once, in one browser.</p>
      <p>Run <code>dbkit studio</code> again and open the address it prints.</p>
    </Screen>
  )
}

export function GonePage(props: { onRetry: () => Promise<void> }) {
  const [busy, setBusy] = useState(false)
  const retry = async () => {
    setBusy(true)
    await props.onRetry()
    setBusy(false)
  }
  useEffect(() => {
    const timer = setInterval(() => void props.onRetry(), 3000)
    return () => clearInterval(timer)
  })
  return (
    <Screen icon="warning" title="The studio server does not answer">
      <p>It was stopped, or the connection to it broke. Staged edits are still in this page; it goes on by itself once the server is back.</p>
      <button type="button" className="primary" onClick={() => void retry()} disabled={busy}>
        {busy ? 'Trying…' : 'Try again'}
      </button>
    </Screen>
  )
}

export function ProblemPage(props: { message: string; hint?: string | undefined; onRetry: () => Promise<void> }) {
  return (
    <Screen icon="warning" title="The database cannot be shown">
      <pre className="message">{props.message}</pre>
      {props.hint && <p>{props.hint}</p>}
      <button type="button" className="primary" onClick={() => void props.onRetry()}>Try again</button>
    </Screen>
  )
}

export function Empty(props: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={props.icon} size={24} />
      <h2>{props.title}</h2>
      {props.children}
    </div>
  )
}
