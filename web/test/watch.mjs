/** Collects everything that a clean page must not cause. */

/** @import { Page } from 'playwright-core' */

/**
 * Watches the page from now on. The returned list grows by one text for each
 * console error or warning, uncaught error, failed or foreign request, and
 * violation of the Content-Security-Policy.
 * @param {Page} page
 * @param {string} base the address of the only host that the page may ask
 * @returns {Promise<string[]>}
 */
export async function watch(page, base) {
  /** @type {string[]} */
  const complaints = [];
  const { host } = new URL(base);
  /** @param {string} address */
  const checkHost = (address) => {
    const url = new URL(address);
    if (url.protocol !== 'data:' && url.host !== host) {
      complaints.push(`request to another host: ${address}`);
    }
  };

  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('request', (request) => checkHost(request.url()));
  page.on('websocket', (socket) => checkHost(socket.url()));
  page.on('requestfailed', (request) => {
    complaints.push(`request failed: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) {
      complaints.push(`status ${response.status()}: ${response.url()}`);
    }
  });
  await page.exposeFunction('reportViolation', (/** @type {string} */ text) => {
    complaints.push(`policy violation: ${text}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      // @ts-expect-error exposed above
      void window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return complaints;
}
