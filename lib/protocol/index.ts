export { MSE_ERRORS, MseError, unavailable, tooMany } from './errors.ts'
