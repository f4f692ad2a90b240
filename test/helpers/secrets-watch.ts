/** Looks for what must never be seen: tokens in answers, and tokens, session ids and tickets in logs. Every app that a test starts is looked at. */
import type { FastifyInstance } from 'fastify'

/** A JSON Web Token with a payload; the server sends none and logs none. */
const TOKEN = /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/
/** A session id, or a ticket: 22 characters by themselves. */
const ID = /(?<![\w-])[\w-]{22}(?![\w-])/g

/** Secrets of one or more apps, and where they were seen. */
export class SecretsWatch {
  /** What was found where, for a person. */
  readonly found: string[] = []
  readonly #ids = new Set<string>()

  /** A session id or a ticket that is in use. */
  know (id: string): void {
    this.#ids.add(id)
  }

  /** The log of an app at its loudest. */
  get log (): { level: 'trace', stream: { write (line: string): void } } {
    return { level: 'trace', stream: { write: (line) => this.#lookAtLog(line) } }
  }

  /** Looks at what the app sends by HTTP, and learns its sessions and tickets. */
  watch (app: FastifyInstance): void {
    app.mse.on('session', ({ session }) => this.know(session.id))
    app.addHook('onSend', (request, reply, payload, done) => {
      // Where a test's own pages get their tokens.
      if (request.url.startsWith('/token')) return done(null, payload)
      const text = typeof payload === 'string' ? payload : ''
      for (const [, ticket = ''] of text.matchAll(/"ticket":"([\w-]+)"/g)) this.know(ticket)
      this.lookAtAnswer(`${request.method} ${request.url}`, `${JSON.stringify(reply.getHeaders())} ${text}`)
      done(null, payload)
    })
  }

  /** What a client got, whatever the way. */
  lookAtAnswer (what: string, text: string): void {
    if (TOKEN.test(text)) this.found.push(`a token in the answer to ${what}: ${text.slice(0, 500)}`)
  }

  #lookAtLog (line: string): void {
    if (TOKEN.test(line)) this.found.push(`a token in the log: ${line.slice(0, 500)}`)
    for (const [id] of line.matchAll(ID)) if (this.#ids.has(id)) this.found.push(`a session id or a ticket in the log: ${line.slice(0, 500)}`)
  }
}

/** That of every app which {@link startApp} starts: a test file in which something was found has failed. */
export const watchOfAll = new SecretsWatch()

process.on('exit', () => {
  for (const fault of watchOfAll.found) console.log(`not ok - ${fault}`)
  if (watchOfAll.found.length > 0) process.exitCode = 1
})
