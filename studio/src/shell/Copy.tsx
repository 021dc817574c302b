import { useState } from 'react'
import { Icon } from './icons'

/** The clipboard API needs a secure context; 127.0.0.1 is one, another address is not. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}

export function CopyButton(props: { text: string; label: string }) {
  const [copied, setCopied] = useState(false)
  return (
    <button
      type="button"
      className="ghost small"
      aria-label={props.label}
      onClick={async () => {
        setCopied(await copyText(props.text))
        setTimeout(() => setCopied(false), 1500)
      }}
    >
      <Icon name={copied ? 'check' : 'copy'} size={14} />
      {copied ? 'Copied' : 'Copy'}
    </button>
  )
}

export function CodeBlock(props: { title: string; text: string }) {
  return (
    <section className="code-block">
      <header>
        <h3>{props.title}</h3>
        <CopyButton text={props.text} label={`Copy ${props.title}`} />
      </header>
      <pre tabIndex={0} aria-label={`${props.title} code`}>{props.text}</pre>
    </section>
  )
}
