import { graphqlURL, hasPlayground } from '../settings.ts';

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`the page has no element #${id}`);
  }
  return found;
}

function showEndpoint(): void {
  const url = graphqlURL();
  element('endpoint').textContent = url.pathname;
  const body = JSON.stringify({ query: '{ __typename }' });
  element('curl').textContent =
    `curl ${url.href} \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`;
}

// Without a playground this is no server for developing: its readers have no ./run.sh.
function showPlayground(): void {
  element('playground').hidden = !hasPlayground();
  element('no-playground').hidden = hasPlayground();
  element('developers').hidden = !hasPlayground();
}

async function showStatus(): Promise<void> {
  const status = element('status');
  try {
    const answer = await fetch(new URL('readyz', document.baseURI), { cache: 'no-store' });
    await answer.text(); // an unread body keeps the request open
    status.dataset.state = answer.ok ? 'ready' : 'waiting';
    status.textContent = answer.ok ? 'Ready' : `Not ready (${answer.status})`;
  } catch {
    status.dataset.state = 'waiting';
    status.textContent = 'Server not reached';
  }
}

showEndpoint();
showPlayground();
void showStatus();
// A tab left open must not claim what was true an hour ago.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') {
    void showStatus();
  }
});
