import type { ColumnInfo, Op } from '../api/types'
import { Icon } from '../shell/icons'
import {
  addItem, emptyGroup, isGroup, newCondition, operatorLabels, operators, replaceItem, takesValue, type Condition, type Group,
} from './model'

type Common = { columns: ColumnInfo[]; dialect: 'postgres' | 'sqlite' }

/** Builds conditions; every change is applied at once, conditions without a value wait. */
export function FilterBar(props: Common & { group: Group; onChange: (group: Group) => void; onClose: () => void }) {
  const { group, onChange } = props
  return (
    <section className="filter-bar" aria-label="Filter" onKeyDown={(event) => { if (event.key === 'Escape') props.onClose() }}>
      <GroupEditor {...props} group={group} root={group} depth={0} onChange={onChange} />
    </section>
  )
}

function GroupEditor(props: Common & { group: Group; root: Group; depth: number; onChange: (root: Group) => void }) {
  const { group, root, onChange, columns, dialect } = props
  const first = columns[0]
  return (
    <div className="filter-group" role="group" aria-label={group.join === 'and' ? 'All of' : 'Any of'}>
      <div className="filter-head">
        <select
          aria-label="How the conditions are joined"
          value={`${group.negated ? 'not ' : ''}${group.join}`}
          onChange={(event) => {
            const next: Group = { ...group, join: event.target.value.endsWith('or') ? 'or' : 'and', negated: event.target.value.startsWith('not') }
            onChange(group.id === root.id ? next : replaceItem(root, group.id, next))
          }}
        >
          <option value="and">All of</option>
          <option value="or">Any of</option>
          <option value="not or">None of</option>
          <option value="not and">Not all of</option>
        </select>
        {first && (
          <button type="button" className="ghost small" onClick={() => onChange(addItem(root, group.id, newCondition(first, dialect)))}>
            <Icon name="plus" size={12} /> Condition
          </button>
        )}
        {first && props.depth < 3 && (
          <button
            type="button"
            className="ghost small"
            onClick={() => {
              const inner = { ...emptyGroup(group.join === 'and' ? 'or' : 'and'), items: [newCondition(first, dialect)] }
              onChange(addItem(root, group.id, inner))
            }}
          >
            <Icon name="plus" size={12} /> Group
          </button>
        )}
        {(props.depth > 0 || group.items.length > 0) && (
          <button
            type="button"
            className="ghost small"
            onClick={() => onChange(props.depth === 0 ? emptyGroup() : replaceItem(root, group.id, null))}
          >
            {props.depth === 0 ? 'Clear' : 'Remove group'}
          </button>
        )}
      </div>
      {group.items.map((item) =>
        isGroup(item) ? (
          <GroupEditor key={item.id} {...props} group={item} depth={props.depth + 1} />
        ) : (
          <ConditionEditor key={item.id} {...props} condition={item} onCondition={(next) => onChange(replaceItem(root, item.id, next))} />
        ),
      )}
    </div>
  )
}

function ConditionEditor(props: Common & { condition: Condition; onCondition: (next: Condition | null) => void }) {
  const { condition, columns, dialect, onCondition } = props
  const column = columns.find((each) => each.name === condition.column)
  const offered = operators(column?.kind ?? 'other', dialect)
  const shownOps = offered.includes(condition.op) ? offered : [condition.op, ...offered]
  const listed = column?.labels && (condition.op === '=' || condition.op === '!=') ? column.labels : null
  return (
    <div className="condition">
      <select
        aria-label="Column"
        value={condition.column}
        onChange={(event) => {
          const next = columns.find((each) => each.name === event.target.value)
          if (!next) return
          const ops = operators(next.kind, dialect)
          onCondition({ ...condition, column: next.name, op: ops.includes(condition.op) ? condition.op : (ops[0] ?? '=') })
        }}
      >
        {columns.map((each) => <option key={each.name} value={each.name}>{each.name}</option>)}
      </select>
      <select aria-label="Operator" value={condition.op} onChange={(event) => onCondition({ ...condition, op: event.target.value as Op })}>
        {shownOps.map((op) => <option key={op} value={op}>{operatorLabels[op]}</option>)}
      </select>
      {takesValue(condition.op) &&
        (listed ? (
          <select aria-label="Value" value={condition.value} onChange={(event) => onCondition({ ...condition, value: event.target.value })}>
            <option value="">…</option>
            {listed.map((label) => <option key={label} value={label}>{label}</option>)}
          </select>
        ) : (
          <input
            aria-label="Value"
            value={condition.value}
            spellCheck={false}
            autoFocus={condition.value === ''}
            placeholder={condition.op === 'in' ? 'a, b, "c, d"' : condition.op === 'json contains' ? '{"key": 1}' : ''}
            onChange={(event) => onCondition({ ...condition, value: event.target.value })}
          />
        ))}
      {condition.op === 'between' && (
        <input aria-label="Upper value" value={condition.upper} spellCheck={false} onChange={(event) => onCondition({ ...condition, upper: event.target.value })} />
      )}
      <button type="button" className="ghost square small" aria-label={`Remove: ${condition.column} ${operatorLabels[condition.op]}`} onClick={() => onCondition(null)}>
        <Icon name="close" size={12} />
      </button>
    </div>
  )
}
