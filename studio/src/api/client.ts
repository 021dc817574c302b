import type {
  Cell, Change, ExportFormat, Failure, Filter, Info, Migrations, Order, Preview, QueryAnswer, RowLinks,
  RowsPage, RowsRequest, Saved, Schema, Table,
} from './types'

export class ApiError extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

/** The server did not answer at all: stopped, or the machine slept. */
export class ServerGone extends Error {}

type Watcher = (state: 'ok' | 'gone' | 'expired') => void
let watcher: Watcher = () => {}

/** Told after every call whether the server is there and knows this session. */
export function watchServer(next: Watcher): void {
  watcher = next
}

async function send(name: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(`/api/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      ...(signal ? { signal } : {}),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    watcher('gone')
    throw new ServerGone('The studio server does not answer.')
  }
  if (answer.ok) {
    watcher('ok')
    return answer
  }
  let failure: Failure
  try {
    failure = ((await answer.json()) as { error: Failure }).error
  } catch {
    failure = { kind: 'server', message: `The server answered ${answer.status}.` }
  }
  watcher(failure.kind === 'unauthorized' && name !== 'session' ? 'expired' : 'ok')
  throw new ApiError(failure)
}

async function call<T>(name: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return (await (await send(name, body, signal)).json()) as T
}

export type ExportRequest =
  | { table: Table; filter?: Filter; search?: string; order: Order[]; columns?: string[]; format: ExportFormat }
  | { sql: string; format: ExportFormat }

export const api = {
  session: (token: string) => call<Info>('session', { token }),
  info: () => call<Info>('info', {}),
  schema: () => call<Schema>('schema', {}),
  /** Something that is different when tables or columns are. */
  version: () => call<{ version: string }>('version', {}),
  rows: (request: RowsRequest, signal?: AbortSignal) => call<RowsPage>('rows', request, signal),
  count: (request: { table: Table; filter?: Filter; search?: string; request: string }, signal?: AbortSignal) =>
    call<{ rows: number; exact: boolean; ms: number; sql: string; diesel: string }>('count', request, signal),
  row: (table: Table, key: Cell[], signal?: AbortSignal) => call<RowLinks>('row', { table, key }, signal),
  preview: (changes: Change[]) => call<Preview>('preview', { changes }),
  save: (changes: Change[]) => call<Saved>('save', { changes }),
  query: (request: { request: string; sql: string; limit: number; timeout_ms: number; explain?: boolean }) =>
    call<QueryAnswer>('query', request),
  cancel: (request: string) => call<{ cancelled: boolean }>('cancel', { request }),
  export: (request: ExportRequest) => send('export', request),
  import: (table: Table, csv: string, columns: string[] | undefined, dryRun: boolean) =>
    call<{ rows: number }>('import', { table, csv, ...(columns ? { columns } : {}), dry_run: dryRun }),
  migrations: () => call<Migrations>('migrations', {}),
  migration: (version: string) =>
    call<{ up: string | null; down: string | null; warnings: string[] }>('migration', { version }),
  saveAsSeed: (changes: Change[], name: string) => call<{ file: string }>('save-as-seed', { changes, name }),
  saveAsMigration: (changes: Change[], name: string) =>
    call<{ folder: string }>('save-as-migration', { changes, name }),
  unlock: (name: string) => call<Info>('unlock', { name }),
  tenant: (id: string | null) => call<Info>('tenant', { id }),
}

export function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) return error.failure
  return { kind: 'client', message: error instanceof Error ? error.message : String(error) }
}

let requests = 0
/** Names one running statement, so that it can be cancelled. */
export function newRequest(): string {
  requests += 1
  return `${Date.now().toString(36)}-${requests}`
}
