import ejs from 'ejs';
import type { Application } from 'express';

/** Renders an app's pages from the EJS templates in a folder. */
export function pageTemplates(app: Application, folder: string): void {
  app.engine('ejs', (path, options, callback) => ejs.renderFile(path, options as ejs.Data, callback));
  app.set('view engine', 'ejs');
  app.set('views', folder);
}
