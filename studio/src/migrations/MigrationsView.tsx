import { Empty } from '../shell/screens'

export default function MigrationsView(_: { table?: unknown }) {
  return <Empty icon="warning" title="Not here yet" />
}
