import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Keyring, SpamdSyncError, SyncKey } from 'spamd-sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hmacKey, hmacOf } from '../support/frame.ts';

const SAMPLE = Buffer.alloc(52, 0x77);
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-key-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function keyFile(name: string, bytes: Uint8Array | string, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  await chmod(path, mode);
  return path;
}

function digest(key: SyncKey): string {
  return Buffer.from(key.digest(SAMPLE), 'latin1').toString('hex');
}

function expected(bytes: string | Uint8Array): string {
  return hmacOf(SAMPLE, Buffer.from(bytes)).toString('hex');
}

async function refusal(path: string): Promise<SpamdSyncError> {
  const error: unknown = await SyncKey.fromFile(path).catch((caught) => caught);
  if (error instanceof SpamdSyncError) return error;
  throw new Error(`not refused as it should be: ${String(error)}`);
}

describe('SyncKey.fromFile', () => {
  it('is the key of every byte of the file', async () => {
    for (const [name, bytes] of [
      ['empty', ''],
      ['text', 'secret'],
      ['newline', 'secret\n'],
      ['large', Buffer.alloc(200_000, 'ab')],
      ['nul', Buffer.of(0)],
    ] as const) {
      const key = await SyncKey.fromFile(await keyFile(name, bytes));
      expect(digest(key)).toBe(expected(bytes));
      expect(digest(SyncKey.fromBytes(Buffer.from(bytes)))).toBe(expected(bytes));
      expect(key.authenticates).toBe(true);
    }
    expect(expected('secret')).not.toBe(expected('secret\n'));
  });

  it('follows a link and reads a FIFO', async () => {
    await symlink(await keyFile('target', 'linked'), join(folder, 'link'));
    expect(digest(await SyncKey.fromFile(join(folder, 'link')))).toBe(expected('linked'));

    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', ['-m', '644', fifo]);
    const writer = spawn('sh', ['-c', 'printf "from a pipe" > "$1"', 'sh', fifo]);
    const key = await SyncKey.fromFile(fifo);
    if (writer.exitCode === null) await once(writer, 'exit');
    expect(digest(key)).toBe(expected('from a pipe'));
    expect(key.warnings).toEqual([]);
  });

  it('names a file that is missing', async () => {
    const path = join(folder, 'missing');
    for (const wrong of [path, join(await keyFile('plain', 'x'), 'below')]) {
      const error = await refusal(wrong);
      expect(error.code).toBe('ERR_SPAMD_KEY_MISSING');
      expect(error.message).toContain(JSON.stringify(wrong));
      expect(error.cause).toBeInstanceOf(Error);
    }
  });

  it('names a directory', async () => {
    await mkdir(join(folder, 'directory'));
    const error = await refusal(join(folder, 'directory'));
    expect(error.code).toBe('ERR_SPAMD_KEY_FILE');
    expect(error.message).toContain('is a directory');
  });

  it('refuses a device', async () => {
    const error = await refusal('/dev/null');
    expect(error.code).toBe('ERR_SPAMD_KEY_FILE');
    expect(error.message).toContain('is not a file');
  });

  it('gives the reason of the system otherwise', async () => {
    await symlink('loop', join(folder, 'loop'));
    const error = await refusal(join(folder, 'loop'));
    expect(error.code).toBe('ERR_SPAMD_KEY_FILE');
    expect(error.message).toContain('ELOOP');
    expect(error.cause).toMatchObject({ code: 'ELOOP' });
  });

  it.each([0o604, 0o644, 0o666])('warns of mode %o', async (mode) => {
    const path = await keyFile('open', 'secret', mode);
    const { warnings } = await SyncKey.fromFile(path);
    expect(warnings).toEqual([expect.stringContaining(path)]);
    expect(warnings[0]).toContain('can be read by every user');
  });

  it.each([0o600, 0o640, 0o660, 0o602, 0o601])('does not warn of mode %o', async (mode) => {
    expect((await SyncKey.fromFile(await keyFile('closed', 'secret', mode))).warnings).toEqual([]);
  });
});

describe('SyncKey', () => {
  it('none authenticates nothing and warns', () => {
    const key = SyncKey.none();
    expect(key.authenticates).toBe(false);
    expect(key.warnings).toEqual([expect.stringContaining('no key')]);
  });

  it('of an empty file authenticates, and warns that everybody knows it', async () => {
    const none = SyncKey.fromBytes(new Uint8Array());
    expect(none.authenticates).toBe(true);
    expect(none.warnings).toEqual(['the key file is empty: that is a key that everybody knows']);
    expect(SyncKey.fromBytes(Buffer.of(0)).warnings).toEqual([]);

    const closed = await keyFile('empty-closed', '');
    const empty = `key file ${JSON.stringify(closed)} is empty: that is a key that everybody knows`;
    expect((await SyncKey.fromFile(closed)).warnings).toEqual([empty]);
    const { warnings } = await SyncKey.fromFile(await keyFile('empty-open', '', 0o644));
    expect(warnings).toEqual([expect.stringContaining('is empty'), expect.stringContaining('can be read by every')]);
  });

  it.each([[undefined], [null], [5], [[1, 2]], ['/etc/mail/spamd.key']])('is not made of %j', (bytes) => {
    const make = () => SyncKey.fromBytes(bytes as unknown as Uint8Array);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_SPAMD_OPTION' }));
    expect(make).toThrow(
      /^keyFileBytes: not a Uint8Array of what the key file holds; SyncKey.fromFile\(\) takes a path$/,
    );
  });

  it('is not made with new', () => {
    const Made = SyncKey as unknown as new (key: string) => SyncKey;
    expect(() => new Made('secret')).toThrow(
      expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message: expect.stringContaining('SyncKey.fromFile()') }),
    );
  });

  it('never shows the key', () => {
    const bytes = Buffer.from('hush hush');
    const key = SyncKey.fromBytes(bytes);
    const ring = new Keyring([key]);
    for (const value of [key, ring]) {
      const shown = [
        inspect(value, { depth: 10, showHidden: true, getters: true }),
        JSON.stringify(value),
        String(value),
        JSON.stringify(Object.getOwnPropertyNames(value)),
      ].join('\n');
      for (const secret of ['hush', hmacKey(bytes), bytes.toString('hex'), bytes.toString('base64')]) {
        expect(shown).not.toContain(secret);
      }
    }
    expect(Object.keys(key).sort()).toEqual(['authenticates', 'warnings']);
  });
});

describe('Keyring', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((text) => SyncKey.fromBytes(Buffer.from(text))) as [SyncKey, SyncKey, SyncKey];
  const by = (key: SyncKey) => {
    const bytes = Buffer.from(SAMPLE);
    bytes.write(key.digest(bytes), 8, 'latin1');
    return bytes;
  };

  it('signs with the first and verifies with any, saying which', () => {
    const ring = new Keyring([a, b]);
    expect(ring.digest(SAMPLE)).toBe(a.digest(SAMPLE));
    expect(ring.verify(by(a))).toEqual({ digest: a.digest(SAMPLE), keyIndex: 0 });
    expect(ring.verify(by(b))).toEqual({ digest: b.digest(SAMPLE), keyIndex: 1 });
    expect(ring.verify(by(c))).toBeUndefined();
    expect(ring.keys).toEqual([a, b]);
  });

  it('can be replaced while running', () => {
    const ring = new Keyring(new Set([a]));
    ring.replace([b, c]);
    expect(ring.digest(SAMPLE)).toBe(b.digest(SAMPLE));
    expect(ring.verify(by(a))).toBeUndefined();
    expect(ring.verify(by(c))?.keyIndex).toBe(1);
  });

  it('does not follow the list that it was made of', () => {
    const list = [a];
    const ring = new Keyring(list);
    list.push(b);
    expect(ring.verify(by(b))).toBeUndefined();
  });

  it.each([
    ['an empty list', []],
    ['what is not a key', [a, 'secret']],
    ['a key for a list', a],
    ['a text', 'secret'],
    ['bytes', Buffer.from('secret')],
    ['nothing', undefined],
    ['null', null],
  ])('refuses %s and keeps what it had', (_name, keys) => {
    const wrong = keys as SyncKey[];
    const named = { code: 'ERR_SPAMD_OPTION', message: expect.stringMatching(/^keys(\[1\])?: (?!.*secret)/) };
    expect(() => new Keyring(wrong)).toThrow(expect.objectContaining(named));
    const ring = new Keyring([a]);
    expect(() => ring.replace(wrong)).toThrow(expect.objectContaining({ code: 'ERR_SPAMD_OPTION' }));
    expect(ring.keys).toEqual([a]);
  });
});
