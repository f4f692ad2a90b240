/** For the tests, which are typed. */
interface Series { readonly name: string, readonly points: ReadonlyArray<{ x: number, y: number }> }
interface Panel { readonly title: string, readonly unit: string, readonly logarithmic?: boolean, readonly series: readonly Series[] }

export function timePlot (plot: { readonly title: string, readonly xUnit: 's' | 'min', readonly marks?: ReadonlyArray<{ x: number, name: string }>, readonly panels: readonly Panel[] }): string
