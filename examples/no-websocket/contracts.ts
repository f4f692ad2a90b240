/** What a thermometer and its server say to each other. */
import { Type } from '@sinclair/typebox'
import { defineMethod, defineNotification } from 'fastify-mse/protocol'

export const Measured = defineMethod({ name: 'measured', params: Type.Object({ celsius: Type.Number() }), result: Type.Object({ count: Type.Integer() }) })

export const Alarm = defineNotification({ name: 'alarm', direction: 'server', params: Type.Object({ text: Type.String() }) })
