export type GridAction =
  | { go: 'left' | 'right' | 'up' | 'down' | 'page-up' | 'page-down' | 'row-start' | 'row-end' | 'first' | 'last'; extend: boolean }
  | { do: 'edit' | 'escape' | 'detail' | 'filter' | 'follow' | 'add' | 'duplicate' | 'delete' | 'null' | 'copy' | 'reload' | 'jump' }
  | { do: 'sort'; several: boolean }

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>

const moves: Record<string, 'left' | 'right' | 'up' | 'down' | 'page-up' | 'page-down'> = {
  ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down', PageUp: 'page-up', PageDown: 'page-down',
}

/** What a key means while the grid has the focus; null leaves it to the browser. */
export function gridAction(event: Pressed): GridAction | null {
  const command = event.ctrlKey || event.metaKey
  if (event.altKey) return null
  const extend = event.shiftKey
  const move = moves[event.key]
  if (move && !command) return { go: move, extend }
  if (event.key === 'Home') return { go: command ? 'first' : 'row-start', extend }
  if (event.key === 'End') return { go: command ? 'last' : 'row-end', extend }
  if (event.key === 'ArrowUp') return { go: 'first', extend }
  if (event.key === 'ArrowDown') return { go: 'last', extend }
  if (command) {
    if (event.key === 'c') return { do: 'copy' }
    if (event.key === 'f') return { do: 'filter' }
    if (event.key === 'g') return { do: 'jump' }
    return null
  }
  switch (event.key) {
    case 'Enter':
    case 'F2':
      return { do: 'edit' }
    case 'Escape':
      return { do: 'escape' }
    case ' ':
      return { do: 'detail' }
    case '/':
      return { do: 'filter' }
    case 'Delete':
      return { do: 'delete' }
    case '0':
      return { do: 'null' }
    default:
  }
  switch (event.key.toLowerCase()) {
    case 's':
      return { do: 'sort', several: event.shiftKey }
    case 'f':
      return { do: 'follow' }
    case 'a':
      return { do: 'add' }
    case 'd':
      return { do: 'duplicate' }
    case 'r':
      return { do: 'reload' }
    case 'g':
      return { do: 'jump' }
    default:
      return null
  }
}
