/** For the tests, which are typed. */
interface Spread { readonly low: number, readonly high: number }
type Role = 'ours' | 'peer' | 'limit'
interface Bar extends Spread { readonly name: string, readonly role: Role, readonly value: number }
interface Point extends Spread { readonly x: number, readonly y: number }
interface Head { readonly title: string, readonly unit: string, readonly higherIsBetter: boolean }

export function barPlot (plot: Head & { readonly bars: readonly Bar[], readonly target?: number }): string
export function linePlot (plot: Head & { readonly xLabel: string, readonly series: ReadonlyArray<{ name: string, role: Role, points: readonly Point[] }> }): string
export function shortNumber (value: number): string
export function ticksTo (most: number, wanted?: number): number[]
