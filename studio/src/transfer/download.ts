import { api, type ExportRequest } from '../api/client'

type Picker = (options: { suggestedName: string }) => Promise<{ createWritable: () => Promise<WritableStream<Uint8Array>> }>

/** Writes a streamed export to a file. Where the browser lets one choose a file it never is in memory as a whole. */
export async function downloadExport(request: ExportRequest, fileName: string, choose: boolean): Promise<boolean> {
  const picker = (window as { showSaveFilePicker?: Picker }).showSaveFilePicker
  if (choose && picker) {
    let target
    try {
      target = await picker({ suggestedName: fileName })
    } catch {
      return false
    }
    const answer = await api.export(request)
    await answer.body?.pipeTo(await target.createWritable())
    return true
  }
  const answer = await api.export(request)
  const address = URL.createObjectURL(await answer.blob())
  const link = document.createElement('a')
  link.href = address
  link.download = fileName
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
  return true
}
