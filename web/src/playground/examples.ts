/**
 * The tabs of a first visit: every operation in web/examples, in the order of the
 * file names, with the variables from the .json file of the same name.
 */

const operations = import.meta.glob<string>('../../examples/*.graphql', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const variables = import.meta.glob<string>('../../examples/*.json', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** One tab of the playground. */
export interface Example {
  query: string;
  variables?: string;
}

/** The example operations on the sample data. */
export const examples: Example[] = Object.keys(operations)
  .sort()
  .map((path) => {
    const query = operations[path]?.trimEnd() ?? '';
    const values = variables[path.replace(/\.graphql$/, '.json')]?.trimEnd();
    return values === undefined ? { query } : { query, variables: values };
  });
