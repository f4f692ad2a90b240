import { runClient } from './survives.ts'

runClient('poll')
