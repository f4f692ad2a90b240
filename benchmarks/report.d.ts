/** For the tests, which are typed. What results are is told in report.js. */
interface Results { readonly results: ReadonlyArray<{ readonly id: string }>, readonly ratios: readonly object[] }

export function writeReport (results: Results, folder: string): Promise<string[]>
export function reportText (results: Results): string
export function plotsOf (results: Results): Array<{ file: string, group: string, title: string, svg: string }>
export function compare (results: Results, committed: Results | null, print?: (line: string) => void): string[]
export function readCommitted (folder: string): Promise<Results | null>
