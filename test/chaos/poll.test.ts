import { runAll } from './survives.ts'

runAll('poll')
