import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const pages = [...markdownIn(''), ...markdownIn('docs'), ...markdownIn('docs/integrations')];

function markdownIn(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md'));
  return names.map((name) => join(folder, name));
}

/** A page without its blocks of code. */
function prose(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8').replace(/^```.*?^```$/gms, '');
}

/** What a heading is linked by, as GitHub makes it. */
function anchorOf(heading: string): string {
  const text = heading.replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '');
  return text.trim().toLowerCase().replaceAll(' ', '-');
}

function anchorsIn(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

/** Why a link leads nowhere; `undefined`: it does not, or it leads out of here. */
function trouble(page: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, file))) return `${link}: no such file`;
  if (anchor === undefined || anchorsIn(file).includes(anchor)) return undefined;
  return `${link}: no such heading`;
}

describe.each(pages)('%s', (page) => {
  it('has only links that lead somewhere', () => {
    const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links.map((link) => trouble(page, link)).filter((why) => why !== undefined)).toEqual([]);
  });

  it('has no two headings of one anchor', () => {
    const anchors = anchorsIn(page);
    expect(anchors.filter((anchor, at) => anchors.indexOf(anchor) !== at)).toEqual([]);
  });
});
