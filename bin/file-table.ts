import { closeSync, openSync } from 'node:fs'

/** One more than half of the table that is wanted: Linux doubles it. */
const FILES = 8_193

/** What {@link growFileTable} opens and closes, for tests. */
export interface Files {
  open (): number
  close (file: number): void
}

const DEV_NULL: Files = { open: () => openSync('/dev/null', 'r'), close: closeSync }

/**
 * Makes room for 16,384 open files, or for as many as the process may have, before there is anybody who would wait for it.
 *
 * Linux doubles the table of a process's open files when the next one does not fit, at 256, 512 and so on, and in a process with threads it waits until no processor reads the old
 * one any more: `accept` took 5 to 15 ms each time, in which nobody was answered. The table never shrinks, so it is enough to fill it once.
 */
export function growFileTable (platform: NodeJS.Platform = process.platform, { open, close }: Files = DEV_NULL): void {
  if (platform !== 'linux') return
  const opened: number[] = []
  try {
    while (opened.length < FILES) opened.push(open())
  } catch {
    // As many as it may have (EMFILE), or no /dev/null: it is only slower then.
  } finally {
    opened.forEach(close)
  }
}
