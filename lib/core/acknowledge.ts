import { Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { CallMessage } from '../protocol/message.ts'
import type { Session } from '../session/session.ts'

const ackParams = TypeCompiler.Compile(Type.Object({ received: Type.Integer({ minimum: 0 }) }))

/**
 * What `$/ack` does, on every face. With an id it is a request, and there is none of that name.
 * @returns did it let go of anything? A client in a busy room acknowledges often, and that must not cost it its rate; one that
 * says the same again and again pays for it as for any other message.
 */
export function acknowledge (session: Session, { method, id, params }: CallMessage): boolean {
  return method === '$/ack' && id === null && ackParams.Check(params) && session.acknowledge(params.received)
}
