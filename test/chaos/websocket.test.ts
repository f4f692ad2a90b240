import { runAll } from './survives.ts'

runAll('websocket')
