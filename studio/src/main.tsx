import { createRoot } from 'react-dom/client'
import './styles/base.css'
import './styles/shell.css'
import './styles/grid.css'
import './styles/panels.css'
import './shell/theme'
import { Start } from './shell/Start'

const root = document.getElementById('root')
if (root) createRoot(root).render(<Start />)
