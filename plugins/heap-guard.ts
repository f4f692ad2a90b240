import { type PerformanceEntry, PerformanceObserver, constants } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { MseServer } from '../lib/core/server.ts'

/** So much of what is wanted at the most is left afterwards, so that not every collection finds it full again. */
const RELIEVED = 0.8
const MIB = 1_048_576
/** What V8 reserves for new objects at the most, by default, in any version of Node so far; the heap's limit is with it. */
const YOUNG = { bytes: 192 * MIB, share: 0.43 }
const MAX_OLD_SPACE = /--max[-_]old[-_]space[-_]size[= ](\d+)/g

/**
 * Lets go of what is held for clients that do not read before the heap is full, which would end the process and with it everybody's session. It looks
 * after each full collection: before one, most of what is used may be garbage.
 * @param maxShare of what V8 may keep that may be in use then
 * @returns a function that ends it
 */
export function guardHeap (server: MseServer, maxShare: number): () => void {
  const limit = heapLimit(process.execArgv, process.env['NODE_OPTIONS'], getHeapStatistics().heap_size_limit)
  const observer = new PerformanceObserver((list) => {
    if (!list.getEntries().some(isFullCollection)) return
    const bytes = excessOf(getHeapStatistics().used_heap_size, limit, maxShare)
    if (bytes > 0) server.shed(bytes)
  })
  observer.observe({ entryTypes: ['gc'] })
  return () => observer.disconnect()
}

/**
 * Bytes that V8 may keep: as its flag says, and otherwise no more than surely are there beside what it reserves for new objects, of which nothing tells.
 * @param withYoung its limit for all
 */
export function heapLimit (execArgv: readonly string[], nodeOptions = '', withYoung: number): number {
  // The command line of Node comes last, as it overrules the variable.
  const flag = [...`${nodeOptions} ${execArgv.join(' ')}`.matchAll(MAX_OLD_SPACE)].at(-1)?.[1]
  return flag === undefined ? withYoung - Math.min(YOUNG.bytes, YOUNG.share * withYoung) : Number(flag) * MIB
}

/** Bytes that have to go; 0 while nothing has to. */
export function excessOf (used: number, limit: number, maxShare: number): number {
  return used > maxShare * limit ? used - RELIEVED * maxShare * limit : 0
}

function isFullCollection (entry: PerformanceEntry): boolean {
  const { detail } = entry as { readonly detail?: { readonly kind?: number } }
  return detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR
}
