import { runClient } from './survives.ts'

runClient('events')
