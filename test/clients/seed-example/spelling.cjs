// The program declares `ResponseAdapter` and uses `ResponseAdaptor`.
globalThis.ResponseAdaptor = require('fastify-mse').ResponseAdaptor
