/** For tests of apps, engines and of this package itself: a server without sockets, time that is moved by hand. */
export { engineConformance } from './engine-conformance.ts'
export type { EngineCheck } from './engine-conformance.ts'
export { FakeClock } from './fake-clock.ts'
export { MemoryLink } from './memory-link.ts'
export { RecordingEngine } from './recording-engine.ts'
export type { RecordedPeer } from './recording-engine.ts'
export { createMse } from '../mse.ts'
export type { MseConfig } from '../mse.ts'
