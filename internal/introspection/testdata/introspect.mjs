// Prints what graphql-js tells about the schema on standard input: all of it, types and
// directives by name. The folder of graphql-js is the only argument.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { buildSchema, introspectionFromSchema } = createRequire(import.meta.url)(process.argv[2])
const options = { specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, oneOf: true, experimentalDirectiveDeprecation: false }
const data = introspectionFromSchema(buildSchema(readFileSync(0, 'utf8')), options)
const byName = (a, b) => (a.name < b.name ? -1 : 1)
data.__schema.types.sort(byName)
data.__schema.directives.sort(byName)
for (const type of data.__schema.types) type.possibleTypes?.sort(byName)
console.log(JSON.stringify(data, null, 1))
