/** The playground's example operations, and whether they fit the server's schema. */
import assert from 'node:assert/strict';
import { buildClientSchema, getIntrospectionQuery, getVariableValues } from 'graphql';
import { Kind, parse, validate } from 'graphql';

/** @import { Page } from 'playwright-core' */

/**
 * @typedef {object} Example
 * @property {string} title the operation's name, which is the tab's title
 * @property {boolean} reads whether running it leaves the server as it was
 * @property {string} source
 * @property {Record<string, unknown>} variables
 * @property {Record<string, string>} headers of the request, {} for most
 */

/**
 * The examples of a server in the order of their tabs.
 * @param {string} base the server's address
 * @returns {Promise<Example[]>}
 */
export async function readExamples(base) {
  const answer = await fetch(`${base}/playground/examples.json`);
  assert.equal(answer.status, 200, 'the server has examples');
  /** @type {{ query: string, variables?: string, headers?: string }[]} */
  const examples = JSON.parse(await answer.text());
  return examples.map(({ query, variables = '{}', headers = '{}' }) => {
    const { kind, operation } = operationOf(query);
    return {
      title: operation,
      reads: kind === 'query',
      source: query,
      variables: JSON.parse(variables),
      headers: JSON.parse(headers),
    };
  });
}

/** @param {string} source */
function operationOf(source) {
  const [first] = parse(source).definitions;
  assert(first?.kind === Kind.OPERATION_DEFINITION && first.name, `no named operation: ${source}`);
  return { kind: first.operation, operation: first.name.value, node: first };
}

/**
 * Validates every example, its variables included, against the schema of the
 * server that the page talks to.
 * @param {Page} page
 * @param {Example[]} examples
 */
export async function checkFit(page, examples) {
  const answer = await page.evaluate(async (query) => {
    const meta = document.querySelector('meta[name="graphql-endpoint"]');
    const response = await fetch(meta?.getAttribute('content') ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return response.json();
  }, getIntrospectionQuery());
  const schema = buildClientSchema(answer.data);
  for (const { title, source, variables } of examples) {
    const errors = validate(schema, parse(source)).map(String);
    assert.deepEqual(errors, [], `${title} does not fit the schema`);
    const declared = operationOf(source).node.variableDefinitions ?? [];
    const coerced = getVariableValues(schema, declared, variables);
    assert.deepEqual(coerced.errors?.map(String) ?? [], [], `${title}: variables do not fit`);
  }
}
