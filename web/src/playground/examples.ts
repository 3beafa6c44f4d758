/** One tab of the playground. */
export interface Example {
  query: string;
  variables?: string;
  headers?: string;
}

/**
 * The tabs of a first visit, as the server has them from the app or made them from
 * its schema. Without an answer there are none: the playground works as well.
 */
export async function loadExamples(): Promise<Example[]> {
  try {
    const answer = await fetch(new URL('playground/examples.json', document.baseURI));
    if (!answer.ok) {
      throw new Error(`status ${answer.status}`);
    }
    return (await answer.json()) as Example[];
  } catch (error) {
    console.warn('the playground opens without examples:', error);
    return [];
  }
}
