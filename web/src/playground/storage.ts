import { createLocalStorage, StorageAPI, type Storage } from '@graphiql/toolkit';
import { appName } from '../settings.ts';
import type { Example } from './examples.ts';

/**
 * Where GraphiQL keeps tabs and history. The app's name keeps another app on the
 * same local port from lending its tabs.
 *
 * On a first visit GraphiQL 4 takes the open tab's operation from defaultTabs, but
 * its variables from the storage only; so they are put there before it looks.
 */
export function openStorage(first: Example | undefined): Storage {
  const storage = createLocalStorage({ namespace: appName() });
  const graphiql = new StorageAPI(storage);
  if (graphiql.get('tabState') === null && first?.variables !== undefined) {
    graphiql.set('variables', first.variables);
  }
  return storage;
}
