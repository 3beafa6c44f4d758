/**
 * What the server tells the pages, in meta tags of the served HTML. The values
 * in the HTML sources are the defaults that `npm run dev` uses.
 */

function meta(name: string): string {
  const tag = document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`);
  if (tag === null) {
    throw new Error(`the page has no meta tag ${name}`);
  }
  return tag.content;
}

/** The name of the app. */
export function appName(): string {
  return meta('application-name');
}

/** The address of the GraphQL API. */
export function graphqlURL(): URL {
  return new URL(meta('graphql-endpoint'), document.baseURI);
}

/** The address of the GraphQL API for subscriptions over a WebSocket. */
export function graphqlSocketURL(): URL {
  const url = graphqlURL();
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

/** Whether this server offers the playground. */
export function hasPlayground(): boolean {
  return meta('graphql-playground') === 'on';
}

/** Whether this server tells what happens to its sources. */
export function inDevelopment(): boolean {
  return meta('development') === 'on';
}
