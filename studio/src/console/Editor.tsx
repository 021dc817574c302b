import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { PostgreSQL, SQLite, sql, type SQLNamespace } from '@codemirror/lang-sql'
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorState, Prec, StateEffect, StateField } from '@codemirror/state'
import { Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder, type DecorationSet } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'
import type { Info, Schema } from '../api/types'

const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', color: 'var(--text)', backgroundColor: 'var(--bg)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--text)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--bg-soft)', color: 'var(--text-soft)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--bg-hover)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--bg-select)' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--bg-hover) 60%, transparent)' },
  '.cm-tooltip': { backgroundColor: 'var(--bg)', color: 'var(--text)', border: '1px solid var(--line-strong)', borderRadius: '6px', overflow: 'hidden' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--bg-select)', color: 'var(--text)' },
  '.cm-completionDetail': { color: 'var(--text-soft)' },
  '.cm-placeholder': { color: 'var(--text-soft)' },
  '.cm-fault': { textDecoration: 'underline wavy var(--bad)', backgroundColor: 'var(--bad-bg)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--bg-select)' },
})

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--keyword)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--number)' },
  { tag: tags.comment, color: 'var(--text-soft)', fontStyle: 'italic' },
  { tag: tags.typeName, color: 'var(--accent)' },
])

const setFault = StateEffect.define<{ from: number; to: number } | null>()
const fault = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    for (const effect of transaction.effects) {
      if (effect.is(setFault)) return effect.value ? Decoration.set(Decoration.mark({ class: 'cm-fault' }).range(effect.value.from, effect.value.to)) : Decoration.none
    }
    return transaction.docChanged ? Decoration.none : marks.map(transaction.changes)
  },
  provide: (field) => EditorView.decorations.from(field),
})

export type EditorHandle = {
  text: () => string
  selection: () => { from: number; to: number }
  replace: (text: string) => void
  markFault: (at: number) => void
  focus: () => void
}

/** What completion knows: tables of the default schema by name, all others below their schema. */
function namespace(schema: Schema): SQLNamespace {
  const top: Record<string, SQLNamespace> = {}
  for (const table of schema.tables) {
    const columns = table.columns.map((column) => ({ label: column.name, type: 'property', detail: column.type }))
    if (table.schema === null) top[table.name.replaceAll('.', '\\.')] = columns
    else {
      const name = table.schema.replaceAll('.', '\\.')
      const inner = (top[name] ??= {}) as Record<string, SQLNamespace>
      inner[table.name.replaceAll('.', '\\.')] = columns
    }
  }
  return top
}

/**
 * The editor lives in a shadow tree: there its styles are adopted style sheets, which the page's
 * `style-src 'self'` allows, and not style elements, which it refuses.
 */
export function Editor(props: {
  initial: string
  info: Info
  schema: Schema
  handle: { current: EditorHandle | null }
  onRun: () => void
  onExplain: () => void
  onChange: (text: string) => void
}) {
  const host = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  latest.current = props
  const { info, schema, handle, initial } = props
  const first = useRef(initial)

  useEffect(() => {
    const element = host.current
    if (!element) return
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' })
    root.replaceChildren()
    const run = (action: () => void) => () => {
      action()
      return true
    }
    const view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          lineNumbers(), history(), drawSelection(), bracketMatching(), closeBrackets(), highlightActiveLine(), autocompletion({ icons: false }),
          EditorState.allowMultipleSelections.of(true), fault, theme, syntaxHighlighting(colours),
          sql({ dialect: info.dialect === 'postgres' ? PostgreSQL : SQLite, schema: namespace(schema), upperCaseKeywords: false }),
          placeholder('select …    Ctrl+Enter runs the statement under the cursor'),
          EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false' }),
          Prec.highest(keymap.of([
            { key: 'Mod-Enter', run: run(() => latest.current.onRun()) },
            { key: 'Mod-Shift-e', run: run(() => latest.current.onExplain()) },
          ])),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap]),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return
            first.current = update.state.doc.toString()
            latest.current.onChange(first.current)
          }),
        ],
      }),
    })
    // In a tree of its own the height of the host has to be passed on.
    view.dom.style.height = '100%'
    handle.current = {
      text: () => view.state.doc.toString(),
      selection: () => view.state.selection.main,
      replace: (text) => {
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: text.length } })
        view.focus()
      },
      markFault: (at) => {
        const from = Math.max(0, Math.min(at, view.state.doc.length - 1))
        const to = view.state.wordAt(from)?.to ?? Math.min(from + 1, view.state.doc.length)
        if (to > from) view.dispatch({ effects: setFault.of({ from, to }), selection: { anchor: from }, scrollIntoView: true })
      },
      focus: () => view.focus(),
    }
    view.focus()
    return () => {
      handle.current = null
      view.destroy()
    }
  }, [info.dialect, schema, handle])

  return <div ref={host} className="editor-host" />
}
