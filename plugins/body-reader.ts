import type { IncomingMessage } from 'node:http'
import { type FastifyRequest, errorCodes } from 'fastify'
import { type LongBodies, LongBodiesError } from './long-bodies.ts'

type Done = (error: Error | null, body?: Buffer) => void

/** What a `preParsing` hook of the app may have put in the place of the request: it counts the bytes that came before it inflated them. */
type Payload = IncomingMessage & { readonly receivedEncodedLength?: number }

/**
 * Reads a body as bytes, with the checks and the errors of Fastify's own reader: 413 for what is said to be larger or turns out to be, 400 for another length
 * than was said and for a request that breaks off; and 503 for a long one while there is no room for it. Nearly every message comes as one piece, which goes on as it is: Fastify copies it, and takes each of its
 * listeners away again, which together is a twentieth of what a POST costs.
 */
export function bodyReader (maxBytes: number, long: LongBodies): (request: FastifyRequest, payload: Payload, done: Done) => void {
  return (request, payload, done) => {
    const declared = Number(request.headers['content-length'])
    if (declared > maxBytes) return done(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE())
    const pieces: Buffer[] = []
    let received = 0
    /** Of them, those that `long` has counted. */
    let counted = 0
    let isGone = false
    const release = (): void => {
      long.release(counted)
      counted = 0
    }
    let isOver = false
    const finish = (error: Error | null, body?: Buffer): void => {
      if (isOver) return
      isOver = true
      release()
      done(error, body)
    }
    payload.on('data', (data: Buffer | string) => {
      if (isOver) return
      // The app's own stream may give strings.
      const piece = typeof data === 'string' ? Buffer.from(data) : data
      received += piece.length
      if (received > maxBytes || (payload.receivedEncodedLength ?? 0) > maxBytes) return finish(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE())
      if (long.isLong(received) && !isGone) {
        // A stream of the app's may never hear that the client has broken off.
        if (counted === 0) request.raw.once('close', () => { isGone = true; release() })
        if (!long.take(received - counted)) return finish(new LongBodiesError())
        counted = received
      }
      pieces.push(piece)
    })
    payload.on('end', () => {
      const [first] = pieces
      if (!Number.isNaN(declared) && (payload.receivedEncodedLength ?? received) !== declared) finish(new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH())
      else finish(null, first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces, received))
    })
    payload.on('error', (error: Error & { statusCode?: number }) => {
      if (!(error.statusCode !== undefined && error.statusCode >= 400)) error.statusCode = 400
      finish(error)
    })
  }
}
