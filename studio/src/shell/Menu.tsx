import { useEffect, useId, useRef, type ReactNode } from 'react'

/** A button with a panel below it, by the browser's popover: it closes on Escape and outside clicks. */
export function Menu(props: {
  label: string
  button: ReactNode
  children: (close: () => void) => ReactNode
  align?: 'left' | 'right'
  buttonClass?: string
}) {
  const id = useId()
  const panel = useRef<HTMLDivElement>(null)
  const anchor = useRef<HTMLButtonElement>(null)
  const align = props.align ?? 'left'
  useEffect(() => {
    const element = panel.current
    if (!element) return
    const place = () => {
      const box = anchor.current?.getBoundingClientRect()
      if (!box) return
      const width = element.offsetWidth
      const left = align === 'right' ? box.right - width : box.left
      element.style.left = `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`
      element.style.top = `${box.bottom + 4}px`
      element.style.maxHeight = `${window.innerHeight - box.bottom - 16}px`
    }
    const toggled = (event: Event) => {
      if ((event as ToggleEvent).newState === 'open') {
        place()
        element.querySelector<HTMLElement>('input,select,button,[tabindex="0"]')?.focus()
      }
    }
    element.addEventListener('toggle', toggled)
    return () => element.removeEventListener('toggle', toggled)
  }, [align])
  return (
    <>
      <button ref={anchor} type="button" className={props.buttonClass ?? 'ghost'} popoverTarget={id} aria-label={props.label} title={props.label}>
        {props.button}
      </button>
      <div ref={panel} id={id} popover="auto" className="menu" role="group" aria-label={props.label} onKeyDown={(event) => event.stopPropagation()}>
        {props.children(() => panel.current?.hidePopover())}
      </div>
    </>
  )
}
