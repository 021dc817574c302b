import type { Cell, ColumnInfo, Kind } from './types'

export type Dialect = 'postgres' | 'sqlite'

/** The value as text; NULL is the empty text here, so callers ask `cell === null` first. */
export function cellText(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'string') return cell
  if ('int' in cell) return cell.int
  if ('real' in cell) return cell.real
  return `\\x${cell.blob}`
}

export function sameCell(a: Cell | undefined, b: Cell | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

export function sameKey(a: readonly Cell[], b: readonly Cell[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

export function isBlob(cell: Cell, kind: Kind): boolean {
  return cell !== null && (typeof cell === 'object' ? 'blob' in cell : kind === 'bytes' && cell.startsWith('\\x'))
}

/** The hexadecimal digits of a binary value, without PostgreSQL's `\x`. */
export function blobHex(cell: Cell): string {
  const text = cellText(cell)
  return text.startsWith('\\x') ? text.slice(2) : text
}

export function cellTruth(cell: Cell): boolean | null {
  if (cell === null) return null
  const text = cellText(cell).toLowerCase()
  return text === 'true' || text === 't' || text === '1'
}

const integer = /^[+-]?\d+$/
const real = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/**
 * What an editor's text means. SQLite keeps a class with each value: text typed into a numeric
 * column becomes a number as it would in a literal, everything else stays text.
 */
export function cellFromText(text: string, column: Pick<ColumnInfo, 'kind'>, dialect: Dialect, was?: Cell): Cell {
  if (dialect === 'postgres') return text
  const trimmed = text.trim()
  if (column.kind === 'bytes') {
    return /^\\x([0-9a-f]{2})*$/i.test(trimmed) ? { blob: trimmed.slice(2).toLowerCase() } : text
  }
  if (column.kind === 'boolean' && /^(true|false)$/i.test(trimmed)) {
    return { int: trimmed.toLowerCase() === 'true' ? '1' : '0' }
  }
  const numeric = column.kind === 'integer' || column.kind === 'number' || column.kind === 'boolean'
  const wasInt = typeof was === 'object' && was !== null && 'int' in was
  const wasReal = typeof was === 'object' && was !== null && 'real' in was
  if ((numeric || wasInt || wasReal) && integer.test(trimmed)) return wasReal ? { real: trimmed } : { int: trimmed }
  if ((numeric || wasReal) && real.test(trimmed)) return { real: trimmed }
  return text
}

/** Why the text cannot be a value of the column, or null: the database has the last word. */
export function complaint(text: string, column: ColumnInfo): string | null {
  const trimmed = text.trim()
  switch (column.kind) {
    case 'integer':
      return integer.test(trimmed) ? null : 'A whole number is expected.'
    case 'number':
      return real.test(trimmed) || /^[+-]?(nan|inf(inity)?)$/i.test(trimmed) ? null : 'A number is expected.'
    case 'uuid':
      return /^\{?[0-9a-f]{4}-?([0-9a-f]{4}-?){7}\}?$/i.test(trimmed) ? null : 'A UUID is expected.'
    case 'json':
      try {
        JSON.parse(text)
        return null
      } catch (cause) {
        return cause instanceof Error ? cause.message : 'Not JSON.'
      }
    case 'bytes':
      return /^\\x([0-9a-f]{2})*$/i.test(trimmed) ? null : 'Pairs of hexadecimal digits behind \\x are expected.'
    case 'text':
      return column.max_length !== null && [...text].length > column.max_length
        ? `At most ${column.max_length} characters.`
        : null
    default:
      return null
  }
}

/** Numbers are read from the right, everything else from the left. */
export function alignsRight(kind: Kind): boolean {
  return kind === 'integer' || kind === 'number'
}

/**
 * JSON with indentation and every number as it was written; parsing and writing it again would
 * round 12345678901234567890.
 */
export function prettyJson(text: string): string {
  try {
    JSON.parse(text)
  } catch {
    return text
  }
  let out = ''
  let depth = 0
  const newline = () => `\n${'  '.repeat(depth)}`
  for (const token of text.match(/"(?:\\.|[^"\\])*"|[[\]{},:]|[^\s[\]{},:"]+/g) ?? []) {
    if (token === '{' || token === '[') {
      depth += 1
      out += token + newline()
    } else if (token === '}' || token === ']') {
      depth -= 1
      out = /[{[]\s*$/.test(out) ? out.trimEnd() + token : out + newline() + token
    } else if (token === ',') out += token + newline()
    else if (token === ':') out += ': '
    else out += token
  }
  return out
}

/** The elements of PostgreSQL's one-dimensional array text, or null for anything deeper. */
export function arrayElements(text: string): (string | null)[] | null {
  if (!text.startsWith('{') || !text.endsWith('}')) return null
  const elements: (string | null)[] = []
  let at = 1
  const end = text.length - 1
  if (at === end) return elements
  while (at <= end) {
    let value = ''
    if (text[at] === '{') return null
    if (text[at] === '"') {
      at += 1
      while (at < end && text[at] !== '"') {
        if (text[at] === '\\') at += 1
        value += text[at]
        at += 1
      }
      at += 1
      elements.push(value)
    } else {
      while (at < end && text[at] !== ',') {
        value += text[at]
        at += 1
      }
      elements.push(value.toUpperCase() === 'NULL' ? null : value)
    }
    if (text[at] !== ',' && at !== end) return null
    at += 1
  }
  return elements
}

/** Offset, sixteen bytes in hexadecimal, and what of them is printable. */
export function hexDump(hex: string, maxBytes = 4096): string {
  const lines: string[] = []
  for (let at = 0; at < Math.min(hex.length, maxBytes * 2); at += 32) {
    const bytes = hex.slice(at, at + 32).match(/../g) ?? []
    const text = bytes.map((byte) => {
      const code = Number.parseInt(byte, 16)
      return code >= 32 && code < 127 ? String.fromCharCode(code) : '.'
    })
    lines.push(`${(at / 2).toString(16).padStart(6, '0')}  ${bytes.join(' ').padEnd(47)}  ${text.join('')}`)
  }
  if (hex.length > maxBytes * 2) lines.push(`… ${hex.length / 2} bytes in all`)
  return lines.join('\n')
}
