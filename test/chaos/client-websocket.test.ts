import { runClient } from './survives.ts'

runClient('websocket')
