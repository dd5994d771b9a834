import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { spamdSync } from './cli.ts';

const PAGE = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

/** What the page says once, for all commands that have them. */
const COMMON = ['--help', '--json', '--control'];
/** Options that are described with `serve`, and only named where other commands have them. */
const OF_SERVE = [
  '--listen',
  '--target',
  '--key',
  '--empty-key',
  '--port',
  '--group',
  '--dialect',
  '--greyd-target',
  '--allow',
];

/** The commands, each with the text of its section. A section about something else has a title as a sentence has. */
function sections(): Map<string, string> {
  const found = new Map<string, string>();
  for (const section of PAGE.split(/^## /m).slice(1)) {
    const [title = ''] = section.split('\n', 1);
    if (/^[A-Z]/.test(title)) continue;
    for (const name of title.split(', ')) found.set(name, section);
  }
  return found;
}

/** Long options. */
function optionsIn(text: string): string[] {
  return [...new Set(text.match(/(?<![\w-])--[a-z][a-z\d]*(?:-[a-z\d]+)*/g) ?? [])];
}

/** Whether a section has an option, by its long or its short name, or what `bridge` has of one for each side. */
function isNamed({ short, long }: Option, section: string): boolean {
  const [, ofSide] = /^--[ab]-(.+)$/.exec(long) ?? [];
  if (ofSide !== undefined && section.includes(`\`${ofSide}\``)) return true;
  return optionsIn(section).includes(long) || (short !== undefined && section.includes(short));
}

interface Option {
  readonly short: string | undefined;
  readonly long: string;
}

/** The options that a help describes, those of subcommands too. */
async function optionsOf(...command: readonly string[]): Promise<Option[]> {
  const { out } = await spamdSync([...command, '--help']);
  if (!out.startsWith(`Usage: spamd-sync ${command.join(' ')} `)) throw new Error(`no command: ${command.join(' ')}`);
  const own = [...out.matchAll(/^ {2}(?:(-\w), )?(--[a-z\d-]+)/gm)].map(([, short, long = '']) => ({ short, long }));
  const below = [...out.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, sub = '']) => optionsOf(...command, sub));
  return [...own, ...(await Promise.all(below)).flat()];
}

/** What a section says of this program: not the options of others, in code that does not call it, nor of `bridge` for either side. */
function ours(section: string): string {
  return section
    .replaceAll(/^```.*?^```/gms, (block) => (/^(?:.*\| )?(?:npx )?spamd-sync /m.test(block) ? block : ''))
    .replaceAll(/--[ab]-…/g, '');
}

async function commands(): Promise<string[]> {
  const { out } = await spamdSync(['--help']);
  return [...out.matchAll(/^ {2}([a-z][a-z-]*) .*/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
}

describe('docs/cli.md', () => {
  it('has a section for each command, and none for another', async () => {
    expect([...sections().keys()].sort()).toEqual((await commands()).sort());
  });

  it('names each option of each command in its section', async () => {
    const missing: string[] = [];
    for (const [name, section] of sections()) {
      const isShared = name !== 'serve' && /\(#serve\)|spamd's `-y -K -p`|options\s+of the daemon/.test(section);
      const known = isShared ? [...COMMON, ...OF_SERVE] : COMMON;
      for (const option of await optionsOf(name)) {
        if (!known.includes(option.long) && !isNamed(option, section)) missing.push(`${name} ${option.long}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('names no option that neither the command has nor the daemon', async () => {
    const unknown: string[] = [];
    for (const section of new Set(sections().values())) {
      const names = [...sections()].filter(([, text]) => text === section).map(([name]) => name);
      const have = (await Promise.all([...names, 'serve'].map((name) => optionsOf(name))))
        .flat()
        .map(({ long }) => long);
      for (const option of optionsIn(ours(section))) {
        if (!have.includes(option)) unknown.push(`${names.join(', ')} ${option}`);
      }
    }
    expect(unknown).toEqual([]);
  });
});
