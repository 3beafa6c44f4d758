import { explorerPlugin } from '@graphiql/plugin-explorer';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { inDevelopment } from '../settings.ts';
import { Development } from './development.tsx';
import { loadExamples } from './examples.ts';
import { createFetcher } from './fetcher.ts';
import { openStorage } from './storage.ts';

import 'graphiql/graphiql.css';
import '@graphiql/plugin-explorer/style.css';

const fetcher = createFetcher();
const examples = await loadExamples();
const storage = openStorage(examples[0]);
const plugins = [explorerPlugin({ showAttribution: false })];

const root = document.getElementById('playground');
if (root === null) {
  throw new Error('the page has no element #playground');
}
createRoot(root).render(
  <>
    {inDevelopment() && <Development />}
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      plugins={plugins}
      {...(examples.length > 0 && { defaultTabs: examples })}
      defaultEditorToolsVisibility="variables"
    />
  </>,
);
