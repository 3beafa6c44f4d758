/** The playground's example operations, and whether they fit a server's schema. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
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

const folder = new URL('../examples/', import.meta.url);

/**
 * The examples in the order of their tabs.
 * @returns {Promise<Example[]>}
 */
export async function readExamples() {
  const files = await readdir(folder);
  const names = files.filter((name) => name.endsWith('.graphql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const source = await readFile(new URL(name, folder), 'utf8');
      const values = name.replace(/\.graphql$/, '.json');
      const variables = JSON.parse(await readFile(new URL(values, folder), 'utf8'));
      const extra = name.replace(/\.graphql$/, '.headers.json');
      const headers = files.includes(extra)
        ? JSON.parse(await readFile(new URL(extra, folder), 'utf8'))
        : {};
      const { kind, operation } = operationOf(source);
      return { title: operation, reads: kind === 'query', source, variables, headers };
    }),
  );
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
