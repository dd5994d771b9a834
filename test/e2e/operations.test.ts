import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Greylist } from 'spamd-sync';
import { serveGreylist } from 'spamd-sync/socket';
import { describe, expect, test } from 'vitest';
import { pattern } from '../docs/pages.ts';
import { Program } from './program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = 'docs/operations.md';

/** Commands of the page that are marked `sh run`, the files shown before them, and what stands below that they print. */
interface Commands {
  readonly line: number;
  readonly script: string;
  readonly files: Readonly<Record<string, string>>;
  readonly output: string;
}

function commandsOf(text: string): Commands[] {
  const found: Commands[] = [];
  const files: Record<string, string> = {};
  const blocks = [...text.matchAll(/^```(\w*)[ ]?([^\n]*)\n(.*?)^```$/gms)];
  blocks.forEach(({ 1: language, 2: mark = '', 3: body = '', index }, at) => {
    if (language === 'text' && mark !== '' && mark !== 'stdin') files[mark] = body;
    if (language !== 'sh' || mark !== 'run') return;
    const next = blocks[at + 1];
    const output = next?.[1] === 'text' && next[2] === '' ? (next[3] ?? '') : '';
    found.push({ line: text.slice(0, index).split('\n').length, script: body, files: { ...files }, output });
  });
  return found;
}

function grey(ip: string, from: string, to: string, first: number): string {
  return `GREY|${ip}|mx|${from}|<${to}>|${first}|${first + 14_400}|${first + 14_400}|1|0\n`;
}

/** What the spamdb of the page prints. */
const DUMP = [
  ...[1, 2, 3].map((host) => grey(`198.51.100.${host}`, '<a@example.org>', 'info2@example.net', 1_795_267_000)),
  ...[1, 2].map((host) => grey(`198.51.100.${host}`, '<a@example.org>', 'sales-1999@example.net', 1_795_267_000)),
  grey('198.51.100.25', '<>', 'alice@example.net', 1_795_267_200),
  grey('198.51.100.25', '<>', 'mail.example.com-1795267200-testing@example.net', 1_795_267_201),
  grey('203.0.113.25', '<>', 'mx.example.org-1795269000-testing@example.net', 1_795_269_001),
].join('');

const commands = commandsOf(readFileSync(ROOT + PAGE, 'utf8'));

describe(`the commands of ${PAGE}`, () => {
  test('are found', () => {
    expect(commands.length).toBeGreaterThan(6);
  });

  test.each(commands.map((one) => [one.line, one] as const))(
    'those in line %i print what the page says',
    async (_line, one) => {
      const directory = mkdtempSync(join(tmpdir(), 'spamd-sync-operations-'));
      await using greylist = new Greylist();
      await greylist.trap('198.51.100.99');
      const control = join(directory, 'control');
      const served = await serveGreylist(greylist, control);
      try {
        for (const [name, text] of Object.entries(one.files)) writeFileSync(join(directory, name), text);
        program(directory, 'spamdb', `cat <<'END'\n${DUMP}END`);
        const tsx = import.meta.resolve('tsx');
        program(directory, 'spamd-sync', `exec "${process.execPath}" --import "${tsx}" "${ROOT}src/cli/main.ts" "$@"`);
        const { PATH } = process.env;
        const env = { ...process.env, PATH: `${directory}:${PATH}`, SPAMD_SYNC_CONTROL: control };
        await using shell = new Program(
          ['bash', '-c', `cd "${directory}"; exec 2>&1; set -o pipefail; ${one.script}`],
          [],
          env,
        );
        await shell.ended;
        expect(shell.stdout).toMatch(pattern(one.output));
      } finally {
        await served.close();
        rmSync(directory, { recursive: true });
      }
    },
  );
});

function program(directory: string, name: string, script: string): void {
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, name), 0o755);
}
