import { runAll } from './survives.ts'

runAll('events')
