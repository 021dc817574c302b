import { Icon } from './icons'
import { useStudio } from './studio'

export function Notices() {
  const { notices, dismiss } = useStudio()
  return (
    <div className="notices" role="status" aria-live="polite">
      {notices.map((notice) => (
        <div key={notice.id} className={`notice ${notice.tone}`}>
          <Icon name={notice.tone === 'good' ? 'check' : 'warning'} size={14} />
          <span>{notice.text}</span>
          <button type="button" className="ghost square small" aria-label="Dismiss" onClick={() => dismiss(notice.id)}>
            <Icon name="close" size={12} />
          </button>
        </div>
      ))}
    </div>
  )
}
