import type { ReactNode } from 'react'

// Drawn here: sixteen units, one stroke.
const paths = {
  table: <><rect x="2" y="3" width="12" height="10" rx="1.5" /><path d="M2 6.500h12M6.500 6.500V13" /></>,
  view: <><path d="M1.500 8s2.400-4.500 6.500-4.500S14.500 8 14.500 8 12.100 12.500 8 12.500 1.500 8 1.500 8z" /><circle cx="8" cy="8" r="1.800" /></>,
  code: <path d="M5.500 4 2 8l3.500 4M10.500 4 14 8l-3.500 4" />,
  schema: <><rect x="2" y="2" width="5" height="4" rx="1" /><rect x="9" y="10" width="5" height="4" rx="1" /><path d="M4.500 6v6H9" /></>,
  history: <><path d="M2.500 8a5.500 5.500 0 1 0 1.700-4L2.500 5.500" /><path d="M2.500 2.500v3h3M8 5v3.200l2 1.300" /></>,
  filter: <path d="M2 3.500h12M4.500 8h7M6.500 12.500h3" />,
  columns: <><rect x="2" y="3" width="12" height="10" rx="1.500" /><path d="M6 3v10M10 3v10" /></>,
  plus: <path d="M8 3v10M3 8h10" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  trash: <path d="M3 4.500h10M6.500 4.500V3h3v1.500M4.500 4.500 5 13h6l.500-8.500" />,
  copy: <><rect x="5.500" y="5.500" width="8" height="8" rx="1.500" /><path d="M10.500 3.500V3A1 1 0 0 0 9.500 2H3a1 1 0 0 0-1 1v6.500a1 1 0 0 0 1 1h.500" /></>,
  refresh: <path d="M13.500 8a5.500 5.500 0 1 1-1.600-3.900L13.500 5.700M13.500 2.500v3.200h-3.200" />,
  lock: <><rect x="3" y="7" width="10" height="7" rx="1.500" /><path d="M5 7V5a3 3 0 0 1 6 0v2" /></>,
  sun: <><circle cx="8" cy="8" r="3" /><path d="M8 1.500v1.500M8 13v1.500M1.500 8H3M13 8h1.500M3.400 3.400l1 1M11.600 11.600l1 1M3.400 12.600l1-1M11.600 4.400l1-1" /></>,
  moon: <path d="M13.500 9.500A5.700 5.700 0 0 1 6.500 2.500a5.700 5.700 0 1 0 7 7z" />,
  screen: <><rect x="2" y="3" width="12" height="8" rx="1.500" /><path d="M6 13.500h4" /></>,
  help: <><circle cx="8" cy="8" r="6" /><path d="M6.300 6.300a1.800 1.800 0 1 1 2.500 1.700c-.5.300-.8.600-.8 1.200M8 11.300v.1" /></>,
  menu: <path d="M2.500 4h11M2.500 8h11M2.500 12h11" />,
  left: <path d="M10 3 5 8l5 5" />,
  right: <path d="m6 3 5 5-5 5" />,
  up: <path d="m3 10 5-5 5 5" />,
  down: <path d="m3 6 5 5 5-5" />,
  link: <path d="M6 3H3v10h10v-3M9 2.500h4.500V7M13.500 2.500 7.500 8.500" />,
  key: <><circle cx="5" cy="11" r="2.500" /><path d="m7 9 6-6M10.500 5.500l2 2" /></>,
  panel: <><rect x="2" y="3" width="12" height="10" rx="1.500" /><path d="M10 3v10" /></>,
  download: <path d="M8 2.500v7M5 7l3 3 3-3M2.500 13h11" />,
  upload: <path d="M8 10V3M5 5.500l3-3 3 3M2.500 13h11" />,
  undo: <path d="M5.500 3 2.500 6l3 3M2.500 6h7a3.500 3.500 0 0 1 0 7H6" />,
  play: <path d="M4.500 3v10l8-5z" />,
  stop: <rect x="4" y="4" width="8" height="8" rx="1" />,
  warning: <path d="M8 2.500 14.500 13.500h-13zM8 6.500v3M8 11.500v.1" />,
  people: <><circle cx="6" cy="5.500" r="2.500" /><path d="M1.500 13.500c0-2.500 2-4 4.500-4s4.500 1.500 4.500 4M10.500 3.200a2.500 2.500 0 0 1 0 4.600M12 9.800c1.500.5 2.500 1.800 2.500 3.700" /></>,
  check: <path d="m3 8.500 3.500 3.500L13 4.500" />,
  tree: <path d="M3 2.500v9a1.500 1.500 0 0 0 1.500 1.500H7M3 6.500h4M9 6.500h4M9 13h4" />,
} satisfies Record<string, ReactNode>

export type IconName = keyof typeof paths

export function Icon(props: { name: IconName; size?: number }) {
  const size = props.size ?? 16
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      {paths[props.name]}
    </svg>
  )
}
