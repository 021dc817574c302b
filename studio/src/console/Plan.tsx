import type { PlanNode } from '../api/types'

function weight(node: PlanNode): number {
  return node.ms ?? node.cost ?? 0
}

/** The plan as a tree; each bar is the part of the whole that this step and all below it take. */
export function Plan(props: { plan: PlanNode }) {
  const total = Math.max(weight(props.plan), 1e-9)
  return (
    <div className="plan">
      <ul role="tree" aria-label="Query plan">
        <Step node={props.plan} total={total} level={1} />
      </ul>
    </div>
  )
}

function Step(props: { node: PlanNode; total: number; level: number }) {
  const { node, total, level } = props
  const part = Math.min(1, weight(node) / total)
  return (
    <li role="treeitem" aria-level={level} aria-expanded={node.children.length > 0 ? true : undefined} aria-selected={false}>
      <div className="plan-step">
        <span className="plan-label">{node.label}</span>
        {weight(node) > 0 && (
          <span className="plan-bar" aria-hidden="true"><span style={{ width: `${Math.max(1, part * 100)}%` }} /></span>
        )}
        <span className="plan-figures">
          {node.rows !== null && <span>{node.rows.toLocaleString('en')} rows</span>}
          {node.cost !== null && <span>cost {node.cost.toLocaleString('en')}</span>}
          {node.ms !== null && <span>{node.ms.toFixed(3)} ms</span>}
        </span>
      </div>
      {node.detail.length > 0 && <div className="plan-detail">{node.detail.join('\n')}</div>}
      {node.children.length > 0 && (
        <ul role="group">
          {node.children.map((child, at) => <Step key={at} node={child} total={total} level={level + 1} />)}
        </ul>
      )}
    </li>
  )
}
