import { useState } from 'react'
import { api, failureOf } from '../api/client'
import { Dialog } from './Dialog'
import { useStudio } from './studio'

export function Unlock(props: { onClose: () => void }) {
  const { info, setInfo, notify } = useStudio()
  const wanted = info.environment.name ?? ''
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  return (
    <Dialog title={`Unlock ${wanted}`} onClose={props.onClose}>
      <form
        onSubmit={async (event) => {
          event.preventDefault()
          try {
            setInfo(await api.unlock(typed))
            notify(`${wanted} can be edited for this visit.`)
            props.onClose()
          } catch (error) {
            setProblem(failureOf(error).message)
          }
        }}
      >
        <p>
          <strong>{wanted}</strong> is protected. Until it is unlocked the database itself refuses every write. Unlocking holds for this visit and
          for nobody else.
        </p>
        <label className="field">
          <span>Type <strong>{wanted}</strong> to unlock</span>
          <input autoFocus value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} />
        </label>
        {problem && <p className="problem" role="alert">{problem}</p>}
        <div className="row end">
          <button type="button" onClick={props.onClose}>Stay read-only</button>
          <button type="submit" className="danger" disabled={typed !== wanted}>Unlock for this visit</button>
        </div>
      </form>
    </Dialog>
  )
}
