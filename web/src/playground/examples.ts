/**
 * The tabs of a first visit: every operation in web/examples, in the order of the
 * file names, with the variables from the .json file of the same name and the
 * request headers from the .headers.json file, if there is one.
 */

const operations = import.meta.glob<string>('../../examples/*.graphql', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const values = import.meta.glob<string>('../../examples/*.json', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** One tab of the playground. */
export interface Example {
  query: string;
  variables?: string;
  headers?: string;
}

/** The example operations on the sample data. */
export const examples: Example[] = Object.keys(operations)
  .sort()
  .map((path) => {
    const query = operations[path]?.trimEnd() ?? '';
    const variables = values[path.replace(/\.graphql$/, '.json')]?.trimEnd();
    const headers = values[path.replace(/\.graphql$/, '.headers.json')]?.trimEnd();
    return {
      query,
      ...(variables === undefined ? {} : { variables }),
      ...(headers === undefined ? {} : { headers }),
    };
  });
