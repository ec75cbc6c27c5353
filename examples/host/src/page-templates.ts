import ejs from 'ejs';
import type { Application } from 'express';

/** Renders an app's pages from the EJS templates in a folder. */
export function pageTemplates(app: Application, folder: string): void {
  // Compiled once, not for each page.
  app.engine('ejs', (path, options, callback) => ejs.renderFile(path, { ...options, cache: true }, callback));
  app.set('view engine', 'ejs');
  app.set('views', folder);
}
