import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  base: '/',
  build: {
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // Data URIs and the inlined polyfill would both be refused by `default-src 'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The licences of what is in the bundle have to go with it.
    license: { fileName: 'assets/licences.txt' },
    outDir: process.env.STUDIO_OUT ?? 'dist',
    emptyOutDir: true,
  },
})
