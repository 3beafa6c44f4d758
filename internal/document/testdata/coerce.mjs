// Answers what graphql-js makes of each case: lines of JSON on standard input, one with
// the schema, then {document, variables} each; lines of {args} or {error} on standard
// output. The folder of graphql-js is the only argument.
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'

const { buildSchema, parse, validate, execute } = createRequire(import.meta.url)(process.argv[2])

let schema
for await (const line of createInterface({ input: process.stdin })) {
  const input = JSON.parse(line)
  if (!schema) {
    schema = buildSchema(input.schema)
    const fields = schema.getQueryType().getFields()
    for (const name in fields) fields[name].resolve = (_, args) => JSON.stringify(args)
    continue
  }
  console.log(JSON.stringify(answer(input)))
}

function answer({ document, variables }) {
  let doc
  try {
    doc = parse(document)
  } catch (e) {
    return { error: e.message }
  }
  const errors = validate(schema, doc)
  if (errors.length) return { error: errors[0].message }
  const result = execute({ schema, document: doc, variableValues: variables })
  if (result.errors) return { error: result.errors[0].message }
  return { args: JSON.parse(Object.values(result.data)[0]) }
}
