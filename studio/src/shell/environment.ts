const tones = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'grey'] as const
export type Tone = (typeof tones)[number]

/** The colour configured, or one by what the name says: production must look like production. */
export function environmentTone(name: string | null, colour: string | null, guarded: boolean): Tone {
  const wanted = colour?.toLowerCase().replace('gray', 'grey')
  const known = tones.find((tone) => tone === wanted)
  if (known) return known
  if (guarded || /prod|live/i.test(name ?? '')) return 'red'
  if (/stag|pre|uat/i.test(name ?? '')) return 'orange'
  if (/test|ci/i.test(name ?? '')) return 'purple'
  return name === null ? 'grey' : 'green'
}
