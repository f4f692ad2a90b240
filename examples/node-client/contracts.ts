/** What this server has beyond MSE. Both sides import it: one checks by it, both have their types from it. */
import { Type } from '@sinclair/typebox'
import { defineMethod, defineNotification } from 'fastify-mse/protocol'

export const Joined = defineNotification({ name: 'joined', direction: 'server', params: Type.Object({ userId: Type.String() }) })

export const Roll = defineMethod({ name: 'roll', params: Type.Object({ sides: Type.Integer({ minimum: 2, maximum: 100 }) }), result: Type.Integer() })
