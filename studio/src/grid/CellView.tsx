import { blobHex, cellText, cellTruth, isBlob } from '../api/cell'
import type { Cell, Kind } from '../api/types'

const longest = 300

function oneLine(text: string): string {
  const short = text.length > longest ? `${text.slice(0, longest)}…` : text
  return short.replaceAll('\r\n', '↵').replaceAll('\n', '↵').replaceAll('\t', '⇥')
}

/** One value on one line. NULL, the empty text and a default not known yet look different. */
export function CellView(props: { cell: Cell | undefined; kind: Kind; required?: boolean }) {
  const { cell, kind } = props
  if (cell === undefined) return <span className="absent">{props.required ? 'required' : 'default'}</span>
  if (cell === null) return <span className="absent">NULL</span>
  if (isBlob(cell, kind)) {
    const hex = blobHex(cell)
    return (
      <span className="blob">
        {hex.length === 0 ? 'empty' : `\\x${hex.slice(0, 40)}${hex.length > 40 ? '…' : ''}`} <small>{byteLabel(hex.length / 2)}</small>
      </span>
    )
  }
  const text = cellText(cell)
  if (text === '') return <span className="absent">empty</span>
  if (kind === 'boolean' && /^(true|false|t|f|0|1)$/i.test(text)) {
    const truth = cellTruth(cell)
    return <span className={truth ? 'truth yes' : 'truth no'}>{String(truth)}</span>
  }
  if (kind === 'enum') return <span className="label">{text}</span>
  return <>{oneLine(text)}</>
}

export function byteLabel(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`
  if (bytes < 1024 ** 3) return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
}
