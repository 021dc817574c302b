export type Span = { from: number; to: number }

/** Where each statement begins and ends, without its semicolon and the blanks around it. */
export function statements(sql: string): Span[] {
  const found: Span[] = []
  let start = 0
  let at = 0
  const push = (end: number) => {
    let from = start
    let to = end
    while (from < to && /\s/.test(sql[from] ?? '')) from += 1
    while (to > from && /\s/.test(sql[to - 1] ?? '')) to -= 1
    if (to > from) found.push({ from, to })
  }
  while (at < sql.length) {
    const char = sql[at]
    if (char === "'" || char === '"' || char === '`') {
      at = pastQuote(sql, at, char)
    } else if (sql.startsWith('--', at)) {
      const end = sql.indexOf('\n', at)
      at = end < 0 ? sql.length : end + 1
    } else if (sql.startsWith('/*', at)) {
      at = pastComment(sql, at)
    } else if (char === '$' && !/[\p{L}\p{N}_$]/u.test(sql[at - 1] ?? '')) {
      const tag = /^\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/u.exec(sql.slice(at, at + 70))?.[0]
      if (tag === undefined) at += 1
      else {
        const end = sql.indexOf(tag, at + tag.length)
        at = end < 0 ? sql.length : end + tag.length
      }
    } else if (char === ';') {
      push(at)
      at += 1
      start = at
    } else at += 1
  }
  push(sql.length)
  return found
}

function pastQuote(sql: string, from: number, quote: string): number {
  // E'…' is the only string in which a backslash takes a quote's meaning away.
  const escapes = quote === "'" && /[eE]/.test(sql[from - 1] ?? '') && !/[\p{L}\p{N}_$]/u.test(sql[from - 2] ?? '')
  let at = from + 1
  while (at < sql.length) {
    if (escapes && sql[at] === '\\') at += 2
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1
      at += 2
    } else at += 1
  }
  return sql.length
}

function pastComment(sql: string, from: number): number {
  let depth = 0
  let at = from
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) {
      depth += 1
      at += 2
    } else if (sql.startsWith('*/', at)) {
      depth -= 1
      at += 2
      if (depth === 0) return at
    } else at += 1
  }
  return sql.length
}

/** The statement the cursor stands in or right behind. */
export function statementAt(sql: string, cursor: number): Span | null {
  const all = statements(sql)
  return all.find((span) => cursor <= span.to + 1 && cursor >= span.from) ?? all.findLast((span) => span.from <= cursor) ?? all[0] ?? null
}
