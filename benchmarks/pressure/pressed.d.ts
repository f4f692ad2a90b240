/** For the tests, which are typed. */
export interface Asked { ask<T> (command: string, args?: object): Promise<T> }
export const GOOD_SESSIONS: number
export const GOOD_SOCKETS: number
export function withServed<T> (names: readonly string[], task: (...processes: readonly [Asked, Asked, Asked]) => Promise<T>, flags?: readonly string[]): Promise<T>
