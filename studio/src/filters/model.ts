import type { ColumnInfo, Filter, Kind, Op } from '../api/types'

export type Condition = { id: number; column: string; op: Op; value: string; upper: string }
export type Group = { id: number; join: 'and' | 'or'; negated: boolean; items: Item[] }
export type Item = Condition | Group

let ids = 0
export function nextId(): number {
  ids += 1
  return ids
}

export function emptyGroup(join: 'and' | 'or' = 'and'): Group {
  return { id: nextId(), join, negated: false, items: [] }
}

export function isGroup(item: Item): item is Group {
  return 'items' in item
}

const nullness: Op[] = ['is null', 'is not null']
const order: Op[] = ['=', '!=', '<', '<=', '>', '>=', 'between', 'in']

/** The operators offered for a kind of column, the likeliest first. */
export function operators(kind: Kind, dialect: 'postgres' | 'sqlite'): Op[] {
  const regex: Op[] = dialect === 'postgres' ? ['matches'] : []
  switch (kind) {
    case 'boolean':
      return ['is true', 'is false', ...nullness]
    case 'integer':
    case 'number':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'interval':
      return [...order, ...nullness]
    case 'enum':
      return ['=', '!=', 'in', ...nullness]
    case 'uuid':
      return ['=', '!=', 'in', ...nullness]
    case 'json':
      return dialect === 'postgres'
        ? ['has key', 'json contains', 'contains', '=', '!=', ...nullness]
        : ['contains', '=', '!=', ...nullness]
    case 'array':
      return dialect === 'postgres' ? ['array contains', '=', '!=', ...nullness] : ['contains', '=', '!=', ...nullness]
    case 'bytes':
      return ['=', '!=', ...nullness]
    case 'range':
      return ['=', '!=', ...nullness]
    default:
      return ['contains', '=', '!=', 'starts', 'ends', 'like', ...regex, 'in', '<', '<=', '>', '>=', 'between', ...nullness]
  }
}

export const operatorLabels: Record<Op, string> = {
  '=': 'is', '!=': 'is not', '<': '<', '<=': '≤', '>': '>', '>=': '≥', between: 'is between', in: 'is one of',
  contains: 'contains', starts: 'starts with', ends: 'ends with', like: 'like', matches: 'matches',
  'is null': 'is NULL', 'is not null': 'is not NULL', 'is true': 'is true', 'is false': 'is false',
  'has key': 'has key', 'json contains': 'contains JSON', 'array contains': 'contains element',
}

export function takesValue(op: Op): boolean {
  return !(nullness.includes(op) || op === 'is true' || op === 'is false')
}

export function newCondition(column: ColumnInfo, dialect: 'postgres' | 'sqlite'): Condition {
  return { id: nextId(), column: column.name, op: operators(column.kind, dialect)[0] ?? '=', value: '', upper: '' }
}

/** The parts of `a, "b, c", d`: quotes keep a comma, a doubled quote is one. */
export function listValues(text: string): string[] {
  const values: string[] = []
  for (const part of text.matchAll(/\s*("(?:[^"]|"")*"|[^,]*)\s*(?:,|$)/g)) {
    const raw = (part[1] ?? '').trim()
    if (raw.startsWith('"') && raw.endsWith('"') && raw.length > 1) values.push(raw.slice(1, -1).replaceAll('""', '"'))
    else if (raw !== '') values.push(raw)
  }
  return values
}

type KindOf = (column: string) => Kind | undefined

function conditionFilter(condition: Condition, kindOf: KindOf): Filter | null {
  const { column, op, value, upper } = condition
  if (!takesValue(op)) return { column, op }
  if (op === 'in') {
    const values = listValues(value)
    return values.length === 0 ? null : { column, op, values }
  }
  if (op === 'between') return value === '' || upper === '' ? null : { column, op, values: [value, upper] }
  // An empty text is a value of text alone; elsewhere it is a condition not finished yet.
  const textual = (kindOf(column) ?? 'text') === 'text'
  if (value === '' && !(textual && (op === '=' || op === '!='))) return null
  return { column, op, value }
}

/** What the server is asked for; conditions without a value yet are left out. */
export function groupFilter(group: Group, kindOf: KindOf = () => undefined): Filter | null {
  const parts = group.items.flatMap((item) => (isGroup(item) ? groupFilter(item, kindOf) : conditionFilter(item, kindOf)) ?? [])
  const only = parts[0]
  if (only === undefined) return null
  const joined: Filter = parts.length === 1 ? only : group.join === 'and' ? { and: parts } : { or: parts }
  return group.negated ? { not: joined } : joined
}

/** The builder's state for a filter that came from elsewhere: a followed key, the history. */
export function groupFromFilter(filter: Filter | undefined): Group {
  if (filter === undefined) return emptyGroup()
  if ('and' in filter) return { ...emptyGroup('and'), items: filter.and.map(itemFromFilter) }
  if ('or' in filter) return { ...emptyGroup('or'), items: filter.or.map(itemFromFilter) }
  if ('not' in filter) return { ...groupFromFilter(filter.not), negated: true }
  return { ...emptyGroup(), items: [itemFromFilter(filter)] }
}

function itemFromFilter(filter: Filter): Item {
  if (!('column' in filter)) return groupFromFilter(filter)
  const { column, op, value, values } = filter
  const quoted = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  if (op === 'between') return { id: nextId(), column, op, value: values?.[0] ?? '', upper: values?.[1] ?? '' }
  if (op === 'in') return { id: nextId(), column, op, value: (values ?? []).map(quoted).join(', '), upper: '' }
  return { id: nextId(), column, op, value: value ?? '', upper: '' }
}

export function countConditions(group: Group): number {
  return group.items.reduce((sum, item) => sum + (isGroup(item) ? countConditions(item) : 1), 0)
}

/** Replaces (or with null removes) the item of that id anywhere below the group. */
export function replaceItem(group: Group, id: number, next: Item | null): Group {
  return {
    ...group,
    items: group.items.flatMap((item) => {
      if (item.id === id) return next === null ? [] : [next]
      return [isGroup(item) ? replaceItem(item, id, next) : item]
    }),
  }
}

export function addItem(group: Group, into: number, item: Item): Group {
  if (group.id === into) return { ...group, items: [...group.items, item] }
  return { ...group, items: group.items.map((each) => (isGroup(each) ? addItem(each, into, item) : each)) }
}
