import { runAll } from './survives.ts'

runAll('changing')
