import type { Handler } from '../core/call.ts'
import type { Ping } from '../protocol/mse.ts'

export const ping: Handler<typeof Ping> = () => 'pong'
