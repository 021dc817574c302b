import { expect, test } from 'vitest'
import { statementAt, statements } from './statements'

const texts = (sql: string) => statements(sql).map((span) => sql.slice(span.from, span.to))

test('semicolons in quotes, comments and dollar quotes end nothing', () => {
  expect(texts(`select ';', "a;b"; select 1 -- ; no
; /* ; /* ; */ ; */ select $$;$$, $x$ ; $$ ; $x$;`)).toEqual([`select ';', "a;b"`, 'select 1 -- ; no', '/* ; /* ; */ ; */ select $$;$$, $x$ ; $$ ; $x$'])
})

test('quotes are doubled, and a backslash means something in E strings alone', () => {
  expect(texts(`select 'it''s;'; select E'\\';'; select '\\'; select 2`)).toEqual([`select 'it''s;'`, `select E'\\';'`, `select '\\'`, 'select 2'])
})

test('what never ends reaches to the end', () => {
  expect(texts(`select 'open; select 1`)).toEqual([`select 'open; select 1`])
  expect(texts(' ;; ')).toEqual([])
})

test('the statement under the cursor, also right behind its semicolon', () => {
  const sql = 'select 1;\n\nselect 2;\n'
  const at = (cursor: number) => {
    const span = statementAt(sql, cursor)
    return span && sql.slice(span.from, span.to)
  }
  expect(at(0)).toBe('select 1')
  expect(at(9)).toBe('select 1')
  expect(at(12)).toBe('select 2')
  expect(at(sql.length)).toBe('select 2')
})
