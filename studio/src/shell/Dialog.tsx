import { useEffect, useId, useRef, type ReactNode } from 'react'
import { Icon } from './icons'

/** A modal dialog; the browser's own keeps focus inside and closes on Escape. */
export function Dialog(props: {
  title: string
  onClose: () => void
  wide?: boolean
  footer?: ReactNode
  children: ReactNode
}) {
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  const close = props.onClose
  useEffect(() => {
    const before = document.activeElement
    ref.current?.showModal()
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true })
    }
  }, [])
  return (
    <dialog
      ref={ref}
      className={props.wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
      onClick={(event) => {
        if (event.target === ref.current) close()
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div className="dialog-body">
        <header>
          <h2 id={titleId}>{props.title}</h2>
          <button type="button" className="ghost square" aria-label="Close" onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        <div className="dialog-content">{props.children}</div>
        {props.footer ? <footer>{props.footer}</footer> : null}
      </div>
    </dialog>
  )
}
