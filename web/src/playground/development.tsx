import { useSchemaStore } from '@graphiql/react';
import { useEffect, useRef, useState } from 'react';

/** What keeps saved sources from being served. */
interface Problem {
  kind: 'generate' | 'build' | 'schema' | 'start' | 'question';
  text: string;
  file?: string;
  line?: number;
}

/** What happens to the sources of the server, which it only tells in development. */
interface State {
  /** Another number is another API. */
  api: number;
  working: boolean;
  problem: Problem | null;
}

const titles = {
  generate: 'The schemas cannot be generated from',
  build: 'The program does not compile',
  schema: 'The database was not changed',
  start: 'The program does not start',
  question: 'The terminal waits for an answer',
};

const interval = 1000;

async function ask(): Promise<State | undefined> {
  try {
    const answer = await fetch(new URL('playground/development.json', document.baseURI));
    return answer.ok ? ((await answer.json()) as State) : undefined;
  } catch {
    return undefined; // The server is not there; the next time it may be.
  }
}

/** Shows what is wrong with what was saved, and reads the schema of a new API. */
export function Development() {
  const [state, setState] = useState<State>();
  const introspect = useSchemaStore((store) => store.introspect);
  const api = useRef<number>(undefined);
  useEffect(() => {
    const look = async () => {
      const now = document.hidden ? undefined : await ask();
      if (now === undefined) {
        return;
      }
      setState(now);
      if (api.current !== undefined && api.current !== now.api) {
        void introspect();
      }
      api.current = now.api;
    };
    void look();
    const timer = setInterval(() => void look(), interval);
    return () => clearInterval(timer);
  }, [introspect]);
  return <Banner state={state} />;
}

function Banner({ state }: { state: State | undefined }) {
  const problem = state?.problem ?? null;
  if (problem === null) {
    return state?.working ? <p className="development">Building what was saved…</p> : null;
  }
  const place = problem.file && `${problem.file}${problem.line ? `:${problem.line}` : ''}`;
  return (
    <aside className={`development ${problem.kind}`} role="status">
      <strong>{titles[problem.kind]}</strong> {place && <code>{place}</code>}
      <pre>{problem.text}</pre>
      <small>The API from before goes on.</small>
    </aside>
  );
}
