/**
 * Opens the pages of a running server in a real browser and checks them.
 *
 *     node test/browser.mjs URL OUTDIR NAME
 *
 * URL is the server's root, such as http://127.0.0.1:8080; its database holds data
 * that its examples find. NAME is the app's. OUTDIR receives screenshots, also of a failure. Nothing is written
 * to the server: only examples that read are run. CHROMIUM names the browser's
 * binary; without it the usual places are tried. Exit code 1: a check failed;
 * 2: wrong usage or no browser.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { checkFit, readExamples } from './examples.mjs';
import { watch } from './watch.mjs';

/** @import { BrowserContext, Page } from 'playwright-core' */
/** @import { Example } from './examples.mjs' */

const timeout = 20_000;

const places = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

// Headless and --no-sandbox let it run as root in a container. The rest keeps the
// browser from calling its maker while we watch for foreign requests.
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * @param {Page} page @param {string} base @param {string} name
 * @param {(name: string) => Promise<void>} shoot
 */
async function checkHome(page, base, name, shoot) {
  await page.goto(base);
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  assert.equal(await page.title(), name, 'the title of the start page');
  await page.getByText('Ready', { exact: true }).waitFor();
  const curl = await page.locator('#curl').textContent();
  assert(curl?.startsWith(`curl ${base}`), `the shell example calls this server: ${curl}`);
  await shoot('home');
  await page.getByRole('link', { name: 'Open the playground' }).click();
  await page.waitForURL(/\/playground$/);
  assert.equal(await page.title(), `Playground · ${name}`, 'the title of the playground');
}

/** @param {Page} page @param {Example[]} examples */
async function checkTabs(page, examples) {
  const tabs = page.getByRole('tab');
  await tabs.first().waitFor();
  assert.deepEqual(
    await page.locator('.graphiql-tab-button').allTextContents(),
    examples.map(({ title }) => title),
    'one tab for each example',
  );
}

/**
 * Runs what the active tab holds and returns when its result is on the page.
 * @param {Page} page @param {Example} example
 */
async function runTab(page, { title, variables, headers }) {
  // The editors load after the page; before that, a run would send no variables.
  const [name] = Object.keys(variables);
  await page.locator('.graphiql-editor-tool').getByText(`"${name}"`).first().waitFor();
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.getByRole('button', { name: 'Execute query' }).click();
  const response = await answered;
  const sent = response.request().postDataJSON();
  assert.equal(sent.operationName, title, 'the operation of the open tab is sent');
  assert.deepEqual(sent.variables, variables, `${title}: variables`);
  for (const [header, value] of Object.entries(headers)) {
    assert.equal(await response.request().headerValue(header), value, `${title}: ${header}`);
  }
  assert.equal(response.status(), 200, `${title}: status`);
  const answer = await response.json();
  assert.equal(answer.errors, undefined, `${title}: ${JSON.stringify(answer.errors)}`);
  const [field, value] = Object.entries(answer.data)[0] ?? [];
  assert(value !== null, `${title}: ${field} is null; is the data there?`);
  const result = page.locator('.result-window .CodeMirror-code');
  await result.getByText(`"${field}"`).first().waitFor();
  const shown = JSON.stringify(value.totalCount ?? value.id);
  await result.getByText(shown, { exact: true }).first().waitFor();
}

/**
 * Opens the explorer and shows every example in it.
 * @param {Page} page @param {Example[]} examples
 * @param {(name: string) => Promise<void>} shoot
 */
async function checkExplorer(page, examples, shoot) {
  await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click();
  const explorer = page.locator('.graphiql-explorer-root');
  for (const { title } of examples) {
    await page.getByRole('tab', { name: title, exact: true }).click();
    await explorer.locator(`input[value="${title}"]`).waitFor();
    await shoot(`explorer-${title}`);
  }
  await page.getByRole('tab').first().click();
  await explorer.getByText('nodes', { exact: true }).first().waitFor();
}

/** @param {Page} page @param {(name: string) => Promise<void>} shoot */
async function checkDocs(page, shoot) {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  const docs = page.locator('.graphiql-doc-explorer');
  await docs.getByText('Root Types').waitFor();
  await docs.getByRole('link', { name: 'Query', exact: true }).click();
  await docs.getByText('node', { exact: true }).first().waitFor();
  await shoot('docs');
}

/** @param {Page} page @param {(name: string) => Promise<void>} shoot */
async function checkSettings(page, shoot) {
  await page.getByRole('button', { name: 'Open settings dialog' }).click();
  const dialog = page.getByRole('dialog', { name: 'Settings' });
  await dialog.waitFor();
  await shoot('settings');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
}

/** @param {Page} page @param {string} base @param {(name: string) => Promise<void>} shoot */
async function checkPlayground(page, base, shoot) {
  const examples = await readExamples(base);
  await checkTabs(page, examples);
  await checkFit(page, examples);
  for (const [index, example] of examples.entries()) {
    // The first is open already, and must work without a click on its tab.
    if (index > 0) {
      await page.getByRole('tab', { name: example.title, exact: true }).click();
    }
    if (example.reads) {
      await runTab(page, example);
    }
    await shoot(example.title);
  }
  await checkExplorer(page, examples, shoot);
  await checkDocs(page, shoot);
  await checkSettings(page, shoot);
}

/**
 * One visit with a fresh profile.
 * @param {BrowserContext} context @param {string} base @param {string} app
 * @param {string} prefix @param {string} outDir
 */
async function visit(context, base, app, prefix, outDir) {
  context.setDefaultTimeout(timeout);
  const page = await context.newPage();
  const complaints = await watch(page, base);
  /** @param {string} name */
  const shoot = async (name) => {
    await page.screenshot({ path: join(outDir, `${prefix}-${name}.png`) });
  };
  try {
    await checkHome(page, base, app, shoot);
    await checkPlayground(page, base, shoot);
    assert.deepEqual(complaints, [], 'the browser complains');
  } catch (error) {
    await shoot('failed').catch(() => undefined);
    console.error(`${prefix}: the browser said: ${JSON.stringify(complaints, null, 2)}`);
    throw error;
  }
}

/**
 * A server that has no examples, or does not answer for them, still has a playground.
 * @param {BrowserContext} context @param {string} base
 */
async function visitWithoutExamples(context, base) {
  for (const answer of [{ json: [] }, { status: 404 }]) {
    const page = await context.newPage();
    page.setDefaultTimeout(timeout);
    await page.route('**/playground/examples.json', (route) => route.fulfill(answer));
    await page.goto(`${base}/playground`);
    // The editor draws its lines in pieces, in which a space may be another character.
    await page.waitForFunction(() =>
      /Welcome\s+to\s+GraphiQL/.test(
        document.querySelector('.graphiql-query-editor')?.textContent ?? '',
      ),
    );
    assert.equal(await page.locator('.graphiql-tab-button').count(), 1, 'one empty tab');
    await page.close();
  }
}

/**
 * In development the playground shows what is wrong with the sources until it is mended,
 * and reads the schema of a new API.
 * @param {BrowserContext} context @param {string} base @param {string} outDir
 */
async function visitInDevelopment(context, base, outDir) {
  const page = await context.newPage();
  page.setDefaultTimeout(timeout);
  /** @type {{api: number, working: boolean, problem: object | null}} */
  let state = { api: 1, working: false, problem: null };
  await page.route('**/playground/development.json', (route) => route.fulfill({ json: state }));
  await page.goto(`${base}/playground`);
  await page.locator('.graphiql-container').waitFor();
  const banner = page.getByRole('status').filter({ hasText: 'does not compile' });
  const problem = { kind: 'build', text: 'shelf.go:7:2: undefined: Boks', file: 'shelf.go', line: 7 };
  state = { ...state, problem };
  await banner.getByText('undefined: Boks').waitFor();
  assert.equal(await banner.locator('code').textContent(), 'shelf.go:7', 'where it is');
  await page.screenshot({ path: join(outDir, 'development.png') });
  const read = page.waitForRequest((request) => request.postData()?.includes('__schema') ?? false);
  state = { api: 2, working: false, problem: null };
  await banner.waitFor({ state: 'hidden' });
  await read;
  await page.close();
}

/** @param {string} base */
async function inDevelopment(base) {
  const html = await (await fetch(`${base}/playground`)).text();
  return html.includes('<meta name="development" content="on"');
}

/** @param {string} base @param {string} outDir @param {string} app */
async function main(base, outDir, app) {
  const executablePath = places.find((path) => path && existsSync(path));
  if (!executablePath) {
    console.error('no browser: install chromium (apt-get install chromium) or set CHROMIUM');
    return 2;
  }
  await mkdir(outDir, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: flags });
  try {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width: 1360, height: 820 },
      });
      await visit(context, base, app, colorScheme, outDir);
      await context.close();
      console.log(`${colorScheme}: ok`);
    }
    const context = await browser.newContext();
    await visitWithoutExamples(context, base);
    if (await inDevelopment(base)) {
      await visitInDevelopment(context, base, outDir);
      console.log('development: ok');
    }
    await context.close();
    return 0;
  } catch (error) {
    console.error(error);
    return 1;
  } finally {
    await browser.close();
  }
}

const [base, outDir, app] = process.argv.slice(2);
if (!base || !outDir || !app) {
  console.error('usage: node test/browser.mjs URL OUTDIR NAME');
  process.exitCode = 2;
} else {
  process.exitCode = await main(base.replace(/\/$/, ''), outDir, app);
}
