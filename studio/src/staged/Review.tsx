import { useEffect, useRef, useState } from 'react'
import { api, failureOf } from '../api/client'
import { tableLabel } from '../api/names'
import type { Failure, Preview } from '../api/types'
import { CodeBlock } from '../shell/Copy'
import { Dialog } from '../shell/Dialog'
import { go, useRoute } from '../shell/route'
import { useStudio } from '../shell/studio'
import { toChanges } from './model'

type SaveAs = 'seed' | 'migration'

/** The SQL and the Diesel code of all staged edits, what deletes take along, and the one Save. */
export function Review(props: { onClose: () => void }) {
  const { staged, dispatch, notify, refresh, reloadSchema } = useStudio()
  const route = useRoute()
  const [preview, setPreview] = useState<Preview | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [busy, setBusy] = useState(false)
  const [saveAs, setSaveAs] = useState<SaveAs | null>(null)
  const [name, setName] = useState('')
  const [shown, setShown] = useState<'sql' | 'diesel'>('sql')
  const { changes } = staged
  const close = props.onClose

  /** Marks the edit the server refused and shows it where it was made. */
  const refuse = (refused: Failure) => {
    const change = refused.change === undefined ? undefined : changes[refused.change]
    if (!change) {
      setFailure(refused)
      return
    }
    const { kind, message, hint, column } = refused
    dispatch({
      do: 'fail',
      id: change.id,
      failure: {
        kind, message,
        ...(hint === undefined ? {} : { hint }),
        ...(column === undefined ? {} : { column }),
        ...(kind === 'conflict' ? { theirs: refused.row ?? null } : {}),
      },
    })
    notify(`Nothing was saved: ${message}`, 'bad', true)
    if (!(route.view === 'data' && route.table?.name === change.table.name && route.table.schema === change.table.schema)) {
      go({ view: 'data', table: change.table })
    }
    close()
  }

  useEffect(() => {
    let live = true
    api
      .preview(toChanges(changes))
      .then((answer) => { if (live) setPreview(answer) })
      .catch((error: unknown) => { if (live) setFailure(failureOf(error)) })
    return () => { live = false }
  }, [changes])

  const saveButton = useRef<HTMLButtonElement>(null)
  // It can be pressed only now, so the dialog could not focus it when it opened.
  useEffect(() => {
    if (preview !== null) saveButton.current?.focus()
  }, [preview])

  const save = async () => {
    setBusy(true)
    try {
      const answer = await api.save(toChanges(changes))
      dispatch({ do: 'clear' })
      notify(answer.saved === 1 ? '1 row saved.' : `${answer.saved} rows saved.`)
      close()
      refresh()
      void reloadSchema()
    } catch (error) {
      refuse(failureOf(error))
    } finally {
      setBusy(false)
    }
  }

  const keep = async () => {
    setBusy(true)
    try {
      if (saveAs === 'seed') {
        const { file } = await api.saveAsSeed(toChanges(changes), name)
        notify(`Written to ${file}. The edits are still staged.`)
      } else {
        const { folder } = await api.saveAsMigration(toChanges(changes), name)
        notify(`Written to ${folder}. The edits are still staged.`)
      }
      setSaveAs(null)
    } catch (error) {
      setFailure(failureOf(error))
    } finally {
      setBusy(false)
    }
  }

  const footer = saveAs ? (
    <form
      className="row grow"
      onSubmit={(event) => {
        event.preventDefault()
        void keep()
      }}
    >
      <label className="row grow">
        {saveAs === 'seed' ? 'Name of the seed' : 'Name of the migration'}
        <input className="grow" autoFocus value={name} onChange={(event) => setName(event.target.value)} placeholder={saveAs === 'seed' ? 'demo_comments' : 'correct_comments'} />
      </label>
      <button type="button" onClick={() => setSaveAs(null)}>Back</button>
      <button type="submit" className="primary" disabled={busy || name.trim() === ''}>Write the file</button>
    </form>
  ) : (
    <>
      <button type="button" onClick={() => setSaveAs('seed')}>Save as seed…</button>
      <button type="button" onClick={() => setSaveAs('migration')}>Save as migration…</button>
      <span className="grow" />
      <button type="button" onClick={close}>Back</button>
      <button type="button" className="primary" ref={saveButton} disabled={busy || preview === null || changes.length === 0} onClick={() => void save()}>
        {busy ? 'Saving…' : `Save ${changes.length === 1 ? '1 edit' : `${changes.length} edits`}`}
      </button>
    </>
  )

  return (
    <Dialog title="Review and save" wide onClose={close} footer={footer}>
      {failure && (
        <p className="problem" role="alert">
          {failure.message}
          {failure.hint ? `\n${failure.hint}` : ''}
        </p>
      )}
      <p className="soft">All of it is saved in one transaction: either everything, or nothing.</p>
      {preview && preview.deletes.length > 0 && (
        <section className="cascade">
          <h3>Deleting takes along</h3>
          <ul>
            {preview.deletes.map((each, at) => (
              <li key={at}>
                <span className={`tag ${each.action === 'restrict' ? 'bad' : 'warn'}`}>{each.action}</span>{' '}
                {each.exact ? '' : 'about '}{each.rows} {each.rows === 1 ? 'row' : 'rows'} of <strong>{tableLabel(each.table)}</strong>
              </li>
            ))}
          </ul>
        </section>
      )}
      {preview ? (
        <>
          <div className="tabs" role="tablist" aria-label="Code">
            {(['sql', 'diesel'] as const).map((each) => (
              <button key={each} type="button" role="tab" id={`review-tab-${each}`} aria-controls="review-code" aria-selected={shown === each} onClick={() => setShown(each)}>
                {each === 'sql' ? 'SQL' : 'Diesel'}
              </button>
            ))}
          </div>
          <div id="review-code" role="tabpanel" aria-labelledby={`review-tab-${shown}`}>
            {shown === 'sql' ? <CodeBlock title="SQL" text={preview.sql} /> : <CodeBlock title="Diesel" text={preview.diesel} />}
          </div>
        </>
      ) : (
        !failure && <p role="status">Preparing…</p>
      )}
    </Dialog>
  )
}
