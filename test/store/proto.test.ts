import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUT = 'src/store/generated/record.js';

describe('the generated code of record.proto', () => {
  it('the generated code of record.proto is what `npm run proto` makes', { timeout: 60_000 }, () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const [program = '', ...options]: string[] = scripts.proto.split(' ');
    expect(options).toContain(OUT);
    const directory = mkdtempSync(join(tmpdir(), 'spamd-sync-'));
    try {
      const out = join(directory, 'record.js');
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
