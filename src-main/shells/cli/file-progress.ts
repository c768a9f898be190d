import { basename } from 'node:path'
import type { FileProgress } from '#contract/files.ts'
import { printLine } from './print.ts'

export interface ProgressLine {
  update(progress: FileProgress): void
  /** Leaves the terminal's line empty. */
  end(): void
}

const CLEAR_LINE = '\r\u001b[K'

/** How far a file is: one line of the terminal that is written over, or an event per word with `json`; silent for a pipe. */
export function showProgress(path: string, json: boolean): ProgressLine {
  if (json) {
    return {
      update: (progress) => { printLine(JSON.stringify({ event: 'progress', source: path, ...progress })) },
      end: () => undefined,
    }
  }
  if (!process.stderr.isTTY) return { update: () => undefined, end: () => undefined }
  const began = performance.now()
  return {
    update(progress) {
      process.stderr.write(CLEAR_LINE + progressText(printable(basename(path)), progress, performance.now() - began).slice(0, process.stderr.columns - 1))
    },
    end: () => { process.stderr.write(CLEAR_LINE) },
  }
}

/** `report.pdf  42 %  310 MB/s  3 s left`. `elapsed` in milliseconds. */
export function progressText(name: string, { done, total }: FileProgress, elapsed: number): string {
  const percent = total === 0 ? 100 : Math.floor((done / total) * 100)
  if (done === 0 || elapsed <= 0) return `${name}  ${percent} %`
  const perSecond = (done / elapsed) * 1000
  return `${name}  ${percent} %  ${Math.round(perSecond / 1e6)} MB/s  ${Math.ceil((total - done) / perSecond)} s left`
}

/** A file's name may hold what a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?')
}
