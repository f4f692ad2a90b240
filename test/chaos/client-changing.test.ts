import { runClient } from './survives.ts'

runClient('changing')
