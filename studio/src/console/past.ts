// Statements run before, newest first; on this machine only, and cleared by one click.

const longest = 100

function key(project: string): string {
  return `dbkit.studio.past.${project}`
}

export function loadPast(project: string): string[] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(key(project)) ?? '[]')
    return Array.isArray(read) ? read.filter((each): each is string => typeof each === 'string') : []
  } catch {
    return []
  }
}

export function rememberStatement(project: string, sql: string): string[] {
  const next = [sql, ...loadPast(project).filter((each) => each !== sql)].slice(0, longest)
  try {
    localStorage.setItem(key(project), JSON.stringify(next))
  } catch {
    // Without storage the history ends with the page.
  }
  return next
}

export function forgetPast(project: string): void {
  localStorage.removeItem(key(project))
}

export function loadDraft(project: string): string {
  return sessionStorage.getItem(`dbkit.studio.draft.${project}`) ?? ''
}

export function saveDraft(project: string, text: string): void {
  try {
    sessionStorage.setItem(`dbkit.studio.draft.${project}`, text)
  } catch {
    // The same: a draft is then lost with the page.
  }
}
