/**
 * For tests of apps, engines and of this package itself: a server without sockets, time that is moved by hand.
 * @module fastify-mse/testing
 */
export { engineConformance } from './engine-conformance.ts'
export type { EngineCheck } from './engine-conformance.ts'
export { FakeClock } from './fake-clock.ts'
export { MemoryLink } from './memory-link.ts'
export type { ControlMessage } from './memory-link.ts'
export { RecordingEngine } from './recording-engine.ts'
export type { RecordedPeer } from './recording-engine.ts'
export { createMse } from '../mse.ts'
export type { MseConfig } from '../mse.ts'
export type { MseServer } from '../core/server.ts'
export type { Authenticate } from '../session/identity.ts'
export type { ControlName, Link } from '../session/link.ts'
export type { Reply } from '../session/session.ts'
export type { Ids } from '../util/ids.ts'
