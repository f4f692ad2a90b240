/**
 * The embedded media engine.
 * @module fastify-mse/werift
 */
import type { MediaEngine } from '../engine.ts'
import { WeriftEngine } from './engine.ts'
import type { WeriftEngineOptions } from './options.ts'

export type { CodecName } from './codecs.ts'
export type { IceServer, WeriftEngineOptions } from './options.ts'

/**
 * The embedded media engine: rooms of browsers and devices in this process, without a media server beside it.
 *
 * Each remote stream that a client with two connections is shown has the publisher's user id as its stream id, with the publisher's
 * tracks in the order in which they were added: the first video track is the camera, a second one the shared screen.
 * A user id with characters other than visible ASCII is percent-encoded there.
 *
 * @example
 * await app.register(mse, { jwt: { secret }, engine: weriftEngine({ announcedAddresses: ['203.0.113.7'], portRange: [40_000, 40_999] }) })
 * @throws RangeError for an option that cannot be
 */
export function weriftEngine (options: WeriftEngineOptions = {}): MediaEngine {
  return new WeriftEngine(options)
}
