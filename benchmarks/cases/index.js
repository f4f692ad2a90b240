import { httpCases } from './http.js'
import { resumeCases } from './resume.js'
import { roomCases } from './room.js'
import { stateCases } from '../state/index.js'
import { websocketCases } from './websocket.js'

/** Everything that is measured, in the order of the tables. */
export const CASES = [...websocketCases, ...httpCases, ...roomCases, ...resumeCases, ...stateCases]
