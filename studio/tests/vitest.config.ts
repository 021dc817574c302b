import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Beside the packages, not among the tests.
  cacheDir: join(import.meta.dirname, '../node_modules/.vite'),
  test: {
    root: import.meta.dirname,
    include: ['**/*.spec.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 5000, interval: 30 } },
    // Each file has a server, a database and a browser of its own; more at once only wait for each other.
    maxWorkers: 2,
    // A browser on a busy machine may miss a moment; what fails twice is a fault. Retries are reported.
    retry: 1,
  },
})
