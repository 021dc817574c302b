import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'

// A project of its own, a database of its own and the real server for one file of tests.

const dbkit = process.env.DBKIT ?? join(import.meta.dirname, '../../target/debug/dbkit')
const server = process.env.DBKIT_TEST_POSTGRES ?? ''

export type Stage = {
  url: string
  origin: string
  /** Runs SQL beside the studio, as somebody else would. */
  beside: (sql: string) => Promise<pg.QueryResult>
  folder: string
  stop: () => Promise<void>
}

/**
 * `many`: also the schema of four hundred tables, which takes seconds to make.
 * `plain`: as a role that is no superuser, so that row security holds.
 */
export type Options = { dialect?: 'postgres' | 'sqlite'; env?: string; args?: string[]; many?: boolean; plain?: boolean }

export async function stage(options: Options = {}): Promise<Stage> {
  const dialect = options.dialect ?? 'postgres'
  const folder = mkdtempSync(join(tmpdir(), 'dbkit-studio-'))
  cpSync(join(import.meta.dirname, dialect), folder, { recursive: true })
  let database = `sqlite://${join(folder, 'shop.db')}`
  const name = `studio_${process.pid}_${Math.random().toString(36).slice(2, 8)}`
  if (dialect === 'postgres') {
    if (options.plain) await asAdmin(`CREATE ROLE ${name} LOGIN PASSWORD '${name}'`)
    await asAdmin(`CREATE DATABASE ${name}${options.plain ? ` OWNER ${name}` : ''}`)
    const at = new URL(server)
    if (options.plain) {
      at.username = name
      at.password = name
    }
    at.pathname = `/${name}`
    database = at.href
  }
  const env = { ...process.env, DATABASE_URL: database }
  const flags = options.env ? ['--env', options.env] : []
  execFileSync(dbkit, ['migrate', '--to', dialect === 'sqlite' ? '2026-01-05-090000' : options.many ? '2026-03-01-090000' : '2026-02-20-090000'], { cwd: folder, env, stdio: 'pipe' })
  const child = spawn(dbkit, ['studio', '--no-open', ...flags, ...(options.args ?? [])], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const url = await address(child)
  return {
    url,
    origin: new URL(url).origin,
    folder,
    beside: async (sql) => {
      const client = new pg.Client({ connectionString: database })
      await client.connect()
      try {
        return await client.query(sql)
      } finally {
        await client.end()
      }
    },
    stop: async () => {
      child.kill('SIGINT')
      const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
      if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve))
      clearTimeout(timer)
      if (dialect === 'postgres') await asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      if (dialect === 'postgres' && options.plain) await asAdmin(`DROP ROLE IF EXISTS ${name}`)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function asAdmin(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

function address(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => { said += chunk.toString() })
    child.once('exit', (code) => reject(new Error(`dbkit studio ended with ${code}: ${said}`)))
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const url = /https?:\/\/\S+/.exec(line)?.[0]
        if (url) resolve(url)
      })
    }
  })
}
