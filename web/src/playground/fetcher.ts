import { createGraphiQLFetcher, type Fetcher, type FetcherParams } from '@graphiql/toolkit';
import { type DocumentNode, GraphQLError, Kind, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { graphqlSocketURL, graphqlURL } from '../settings.ts';

/** Sends the playground's operations: by POST, and subscriptions by WebSocket. */
export function createFetcher(): Fetcher {
  const send = createGraphiQLFetcher({
    url: graphqlURL().href,
    // Connects on the first subscription, so plain queries open no socket.
    wsClient: createClient({ url: graphqlSocketURL().href, lazy: true }),
  });
  return (params, options) => {
    const document = parseOrUndefined(params.query);
    if (document === undefined) {
      return send(params, options); // The server explains the error better.
    }
    return send(withOwnName(params, document), { ...options, documentAST: document });
  };
}

function parseOrUndefined(query: string): DocumentNode | undefined {
  try {
    return parse(query);
  } catch (error) {
    if (error instanceof GraphQLError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * GraphiQL learns the operation's name a tenth of a second after a change, so a
 * quick run in a tab just opened would still carry the name of the tab before.
 */
function withOwnName(params: FetcherParams, document: DocumentNode): FetcherParams {
  const names = document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [definition.name?.value] : [],
  );
  if (names.length !== 1 || names[0] === params.operationName) {
    return params;
  }
  return { ...params, operationName: names[0] ?? null };
}
