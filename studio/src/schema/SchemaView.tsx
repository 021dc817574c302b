import { Empty } from '../shell/screens'

export default function SchemaView(_: { table?: unknown }) {
  return <Empty icon="warning" title="Not here yet" />
}
