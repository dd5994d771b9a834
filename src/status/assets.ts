import { readFile } from 'node:fs/promises';
import type { Answer } from './http-server.ts';

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/main.js': ['main.js', 'text/javascript; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
};

/** The files of the page, by path; `npm run page` puts them beside this file, and the build beside the command. */
export async function readAssets(): Promise<ReadonlyMap<string, Answer>> {
  const read = Object.entries(FILES).map(async ([path, [file, type]]): Promise<[string, Answer]> => {
    const body = await readFile(new URL(`page/${file}`, import.meta.url));
    return [path, { status: 200, type, body }];
  });
  return new Map(await Promise.all(read));
}
