import { Fragment } from 'react'
import { Dialog } from './Dialog'

const groups: { title: string; keys: [string[], string][] }[] = [
  {
    title: 'Anywhere',
    keys: [
      [['Ctrl', 'P'], 'find a table'],
      [['Ctrl', 'S'], 'review staged edits and save'],
      [['Ctrl', 'Z'], 'undo a staged edit (with Shift: redo)'],
      [['?'], 'this help'],
    ],
  },
  {
    title: 'Grid',
    keys: [
      [['← ↑ → ↓'], 'move'],
      [['PgUp', 'PgDn'], 'a screen of rows'],
      [['Home', 'End'], 'first, last column (with Ctrl: row)'],
      [['Enter'], 'edit the cell (F2 too)'],
      [['Esc'], 'leave the cell, close the panel'],
      [['Space'], 'row detail'],
      [['/'], 'filter'],
      [['S'], 'sort by the column (with Shift: as well)'],
      [['F'], 'follow the foreign key'],
      [['Alt', '←'], 'back'],
      [['A'], 'add a row'],
      [['D'], 'duplicate the row'],
      [['Del'], 'stage the deletion of the row'],
      [['0'], 'set the cell to NULL'],
      [['Ctrl', 'C'], 'copy the value'],
      [['R'], 'load again'],
    ],
  },
  {
    title: 'SQL',
    keys: [
      [['Ctrl', 'Enter'], 'run the selection or the statement'],
      [['Ctrl', 'Shift', 'E'], 'explain it'],
      [['Ctrl', 'Space'], 'complete'],
      [['Esc', 'Tab'], 'leave the editor'],
    ],
  },
]

export function Help(props: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={props.onClose} wide>
      <div className="help">
        {groups.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.keys.map(([keys, what]) => (
                <Fragment key={what}>
                  <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
                  <dd>{what}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="licences soft">
        <a href="/assets/licences.txt" target="_blank" rel="noreferrer">Licences</a> of the libraries this page is built with
      </p>
    </Dialog>
  )
}
