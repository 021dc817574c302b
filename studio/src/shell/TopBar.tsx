import { useState } from 'react'
import { api } from '../api/client'
import { environmentTone } from './environment'
import { Icon, type IconName } from './icons'
import { Menu } from './Menu'
import { go, useRoute, type View } from './route'
import { useStudio } from './studio'
import { setTheme, useTheme, type Theme } from './theme'

const views: { view: View; label: string; icon: IconName }[] = [
  { view: 'data', label: 'Data', icon: 'table' },
  { view: 'sql', label: 'SQL', icon: 'code' },
  { view: 'schema', label: 'Schema', icon: 'schema' },
  { view: 'migrations', label: 'Migrations', icon: 'history' },
]

const themes: { theme: Theme; label: string; icon: IconName }[] = [
  { theme: 'system', label: 'As the system', icon: 'screen' },
  { theme: 'light', label: 'Light', icon: 'sun' },
  { theme: 'dark', label: 'Dark', icon: 'moon' },
]

export function TopBar(props: { onUnlock: () => void; onHelp: () => void; onTables: () => void; tablesOpen: boolean }) {
  const { info } = useStudio()
  const route = useRoute()
  const theme = useTheme()
  const { name, colour, protected: guarded } = info.environment
  return (
    <header className="topbar">
      <button type="button" className="ghost square only-narrow" aria-label="Tables" aria-expanded={props.tablesOpen} onClick={props.onTables}>
        <Icon name="menu" />
      </button>
      <span className="project" title={`dbkit ${info.version}`}>{info.project}</span>
      <span className="environment" data-tone={environmentTone(name, colour, guarded)} title={guarded ? 'Protected environment' : 'Environment'}>
        {guarded && <Icon name="lock" size={12} />}
        {name ?? 'no environment'}
      </span>
      {info.locked && (
        <button type="button" className="small" onClick={props.onUnlock}>
          Read-only · Unlock…
        </button>
      )}
      {!info.locked && !info.writable && <span className="tag">read-only</span>}
      <nav aria-label="Views">
        {views.map(({ view, label, icon }) => (
          <a
            key={view}
            href={`#/${view}`}
            aria-current={route.view === view ? 'page' : undefined}
            onClick={(event) => {
              event.preventDefault()
              go({ view, position: view === 'data' ? route.position : {} })
            }}
          >
            <Icon name={icon} size={15} />
            <span>{label}</span>
          </a>
        ))}
      </nav>
      <span className="grow" />
      {info.tenancy && <TenantSwitch />}
      <span className="server only-wide">{info.server}</span>
      <Menu label="Theme" align="right" buttonClass="ghost square" button={<Icon name={themes.find((each) => each.theme === theme)?.icon ?? 'screen'} />}>
        {(close) =>
          themes.map((each) => (
            <button
              key={each.theme}
              type="button"
              className="menu-item"
              aria-pressed={theme === each.theme}
              onClick={() => {
                setTheme(each.theme)
                close()
              }}
            >
              <Icon name={each.icon} size={14} />
              {each.label}
            </button>
          ))
        }
      </Menu>
      <button type="button" className="ghost square" aria-label="Keyboard and help" title="Keyboard and help (?)" onClick={props.onHelp}>
        <Icon name="help" />
      </button>
    </header>
  )
}

function TenantSwitch() {
  const { info, setInfo, report, refresh, reloadSchema } = useStudio()
  const [id, setId] = useState(info.tenant ?? '')
  const change = async (next: string | null) => {
    try {
      setInfo(await api.tenant(next))
      refresh()
      await reloadSchema()
    } catch (error) {
      report(error)
    }
  }
  return (
    <Menu
      label={info.tenant === null ? 'All tenants' : `Tenant ${info.tenant}`}
      align="right"
      buttonClass={info.tenant === null ? 'ghost' : 'tenant-on'}
      button={
        <>
          <Icon name="people" size={14} />
          {info.tenant === null ? 'All tenants' : `Tenant ${info.tenant}`}
        </>
      }
    >
      {(close) => (
        <form
          className="menu-form"
          onSubmit={(event) => {
            event.preventDefault()
            void change(id === '' ? null : id)
            close()
          }}
        >
          <label>
            See what this tenant sees
            <input value={id} onChange={(event) => setId(event.target.value)} placeholder="Tenant id" spellCheck={false} />
          </label>
          <div className="row end">
            <button
              type="button"
              disabled={info.tenant === null}
              onClick={() => {
                setId('')
                void change(null)
                close()
              }}
            >
              All tenants
            </button>
            <button type="submit" className="primary" disabled={id === ''}>View as</button>
          </div>
        </form>
      )}
    </Menu>
  )
}
