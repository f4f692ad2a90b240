/** True when both types are the same to the compiler, optional and readonly members included. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

/** Does not compile with anything but true. */
export type Expect<T extends true> = T
