import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('generated code', () => {
  it.each([
    ['record', 'src/store/generated/record.js'],
    ['socket', 'src/socket/generated/socket.js'],
    ['exchange', 'src/exchange/generated/exchange.js'],
  ])('the generated code of %s.proto is what `npm run proto` makes', { timeout: 60_000 }, (name, OUT) => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const [program = '', ...options]: string[] = scripts[`proto:${name}`].split(' ');
    expect(options).toContain(OUT);
    const directory = mkdtempSync(join(tmpdir(), 'spamd-sync-'));
    try {
      const out = join(directory, 'made.js');
      const here = options.map((option) => (option === OUT ? out : option));
      execFileSync(join(ROOT, 'node_modules/.bin', program), here, { cwd: ROOT });
      for (const ending of ['.js', '.d.ts']) {
        const made = readFileSync(out.replace('.js', ending), 'utf8');
        expect(readFileSync(join(ROOT, OUT.replace('.js', ending)), 'utf8')).toBe(made);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
