import { useEffect } from 'react';

/**
 * Stands in for the package react-style-singleton, by which GraphiQL's dialogs
 * lock the page's scrolling. The package adds a <style> element, which the
 * policy style-src 'self' forbids; a constructed style sheet is allowed.
 *
 * Returns a component that applies its styles while at least one is mounted;
 * the first one's styles win, as in the package.
 */
export function styleSingleton() {
  const sheet = new CSSStyleSheet();
  let mounted = 0;

  return function Sheet({ styles }: { styles: string }): null {
    // The styles of a mounted component do not change, so they are no dependency.
    useEffect(() => {
      if (mounted === 0) {
        sheet.replaceSync(styles);
        document.adoptedStyleSheets.push(sheet);
      }
      mounted += 1;
      return () => {
        mounted -= 1;
        if (mounted === 0) {
          document.adoptedStyleSheets = document.adoptedStyleSheets.filter((s) => s !== sheet);
        }
      };
    }, []);
    return null;
  };
}
