import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Greylist } from 'spamd-sync';
import { type ServedSocket, serveGreylist } from 'spamd-sync/socket';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { Lab, type LabHost } from './lab.ts';
import { Program } from './program.ts';

const COMMAND = [process.execPath, '--import', 'tsx', 'src/cli/main.ts', 'table'];
const HOUR = 3600;
const WAIT = { timeout: 10_000 };

let directory = '';
let control = '';
let greylist: Greylist;
let served: ServedSocket;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'spamd-sync-table-'));
  control = join(directory, 'control');
  greylist = new Greylist();
  served = await serveGreylist(greylist, control);
});
afterEach(async () => {
  await served.close();
  await greylist.close();
  rmSync(directory, { recursive: true });
});

function now(): number {
  return Math.floor(Date.now() / 1000);
}

describe('table --nft', () => {
  let lab: Lab;
  let gateway: LabHost;
  beforeEach(() => {
    lab = new Lab(inject('labPrefix'), 2);
    gateway = lab.host(0);
    nft('-f', 'docs/spamd-sync.nft');
  });
  afterEach(() => lab[Symbol.asyncDispose]());

  function nft(...args: string[]): string {
    const [program = '', ...before] = gateway.inside;
    return execFileSync(program, [...before, 'nft', ...args], { encoding: 'utf8', maxBuffer: 2 ** 24 });
  }

  /** What a set holds: each element, and the seconds it is to be there. */
  function held(set: string): Record<string, number> {
    const { nftables } = JSON.parse(nft('-j', 'list', 'set', 'inet', 'spamd', set));
    const { elem = [] } = nftables.find((one: { set?: object }) => one.set !== undefined).set;
    return Object.fromEntries(
      elem.map(
        ({
          elem: { val, timeout },
        }: {
          elem: { val: string | { prefix: { addr: string; len: number } }; timeout: number };
        }) => [typeof val === 'string' ? val : `${val.prefix.addr}/${val.prefix.len}`, timeout],
      ),
    );
  }

  function table(...more: string[]): Program {
    return new Program([...COMMAND, '--nft', 'inet spamd', 'spamd', '--control', control, ...more], gateway.inside);
  }

  test('writes what the greylist holds with the time it lasts, deletes what it does not, and follows it', async () => {
    nft('add', 'element', 'inet', 'spamd', 'spamd-white', '{ 203.0.113.9 }');
    await greylist.allow('192.0.2.1', { expires: now() + HOUR });
    await greylist.allow('2001:db8::1', { expires: now() + HOUR });
    await greylist.trap('192.0.2.2', { expires: now() + HOUR });
    await using program = table('--interval', '1');
    await expect.poll(() => program.stdout + program.stderr, WAIT).toMatch(/written whole: 2 white, 1 trapped\n/);
    const white = held('spamd-white');
    expect(Object.keys(white)).toEqual(['192.0.2.1']);
    expect(white['192.0.2.1']).toBeGreaterThan(HOUR - 60);
    expect(Object.keys(held('spamd-white6'))).toEqual(['2001:db8::/64']);
    expect(Object.keys(held('spamd-trapped'))).toEqual(['192.0.2.2']);

    await greylist.trap('192.0.2.1', { expires: now() + HOUR });
    await greylist.forget('2001:db8::1');
    await expect.poll(() => program.stdout, WAIT).toMatch(/ white \+0 -2, now 0; trapped \+1 -0, now 2\n/);
    expect(held('spamd-white')).toEqual({});
    expect(held('spamd-white6')).toEqual({});
    expect(Object.keys(held('spamd-trapped')).sort()).toEqual(['192.0.2.1', '192.0.2.2']);

    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.stderr).toBe('');
  });

  test('gives an element its new time before the old one ends', async () => {
    await greylist.allow('192.0.2.1', { expires: now() + 600 });
    await using program = table('--interval', '1');
    await expect.poll(() => program.stdout + program.stderr, WAIT).toMatch(/written whole: 1 white/);
    await greylist.allow('192.0.2.1', { expires: now() + HOUR });
    await expect.poll(() => held('spamd-white')['192.0.2.1'], WAIT).toBeGreaterThan(HOUR - 60);
    expect(program.stderr).toBe('');
  });

  test('says what fails, tries again, and writes all when the ruleset is there and when it is told to', async () => {
    await greylist.allow('192.0.2.1', { expires: now() + HOUR });
    nft('flush', 'ruleset');
    await using program = table('--interval', '1');
    await expect.poll(() => program.stderr, WAIT).toMatch(/^\S+Z nft: .*No such file or directory.*; trying again\n$/);
    nft('-f', 'docs/spamd-sync.nft');
    await expect.poll(() => program.stderr, WAIT).toMatch(/\n\S+Z all is well again\n$/);
    expect(Object.keys(held('spamd-white'))).toEqual(['192.0.2.1']);

    nft('flush', 'ruleset');
    nft('-f', 'docs/spamd-sync.nft');
    expect(held('spamd-white')).toEqual({});
    program.signal('SIGHUP');
    await expect.poll(() => Object.keys(held('spamd-white')), WAIT).toEqual(['192.0.2.1']);
  });

  test('leaves the sets as they are while no daemon answers', async () => {
    await greylist.allow('192.0.2.1', { expires: now() + HOUR });
    await using program = table('--interval', '1');
    await expect.poll(() => program.stdout + program.stderr, WAIT).toMatch(/written whole: 1 white/);
    await served.close();
    await expect.poll(() => program.stderr, WAIT).toMatch(/^\S+Z .*; trying again\n/);
    expect(Object.keys(held('spamd-white'))).toEqual(['192.0.2.1']);
    served = await serveGreylist(greylist, control);
    await expect.poll(() => program.stderr, WAIT).toMatch(/all is well again\n$/);
  });

  test('lets a white client through to the mail server, and every other to the greylist', async () => {
    const listening = `for (const port of [25, 10025]) require('node:net').createServer((s) => s.end(port + '\\n')).listen(port, () => console.log('up'))`;
    await using server = new Program([process.execPath, '-e', listening], gateway.inside);
    await expect.poll(() => server.stdout + server.stderr, WAIT).toBe('up\nup\n');
    const answered = async (): Promise<string> => {
      const asking = `require('node:net').connect(25, '${gateway.address}').on('error', ({ code }) => console.log(code)).pipe(process.stdout)`;
      await using client = new Program([process.execPath, '-e', asking], lab.host(1).inside);
      await client.ended;
      return client.stdout.trim();
    };
    const sync = async (): Promise<void> => {
      await using program = table('--once');
      expect(await program.ended).toBe(0);
    };
    expect(await answered()).toBe('10025');
    await greylist.allow(lab.host(1).address, { expires: now() + HOUR });
    await sync();
    expect(await answered()).toBe('25');
    await greylist.trap(lab.host(1).address, { expires: now() + HOUR });
    await sync();
    expect(await answered()).toBe('ECONNREFUSED');
  });

  test('keeps 10,000 addresses, and a change among them costs no second writing', async () => {
    async function* many() {
      for (let at = 0; at < 10_000; at++) {
        const ip = `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
        yield { type: 'TRAPPED', ip, expires: now() + HOUR } as const;
      }
    }
    await greylist.import(many());
    await using program = table('--interval', '1', '--json');
    await expect.poll(() => program.stdout + program.stderr, { timeout: 60_000 }).toMatch(/"trapped":\{"held":10000,/);
    await greylist.trap('192.0.2.7');
    await expect
      .poll(() => program.stdout, { timeout: 60_000 })
      .toMatch(/"full":false,"trapped":\{"held":10001,"added":1,"deleted":0\}/);
    expect(Object.keys(held('spamd-trapped'))).toHaveLength(10_001);
    expect(program.stdout.match(/"full":true/g)).toHaveLength(1);
  }, 90_000);
});

describe('table --pf', () => {
  test('runs pfctl for each table, and says what it said where it fails', async () => {
    // There is no pf here: what stands in for pfctl writes down what it is asked.
    const pfctl = join(directory, 'pfctl');
    writeFileSync(pfctl, `#!/bin/sh\necho "$@" >> ${directory}/log\ncat >> ${directory}/log\n`);
    chmodSync(pfctl, 0o755);
    await greylist.allow('192.0.2.1');
    await greylist.trap('192.0.2.2');
    const { PATH } = process.env;
    const env = { ...process.env, PATH: `${directory}:${PATH}` };
    const args = [...COMMAND, '--pf', 'spamd', '--control', control];
    await using program = new Program([...args, '--interval', '1'], [], env);
    await expect.poll(() => program.stdout + program.stderr, WAIT).toMatch(/written whole: 1 white, 1 trapped\n/);
    await greylist.trap('192.0.2.1');
    await expect.poll(() => program.stdout, WAIT).toMatch(/white \+0 -1, now 0; trapped \+1 -0, now 2\n/);
    expect(readFileSync(join(directory, 'log'), 'utf8')).toBe(
      '-q -t spamd-white -T replace -f -\n192.0.2.1\n-q -t spamd-trapped -T replace -f -\n192.0.2.2\n' +
        '-q -t spamd-white -T delete -f -\n192.0.2.1\n-q -t spamd-trapped -T add -f -\n192.0.2.1\n',
    );
    writeFileSync(pfctl, '#!/bin/sh\necho "pfctl: /dev/pf: Permission denied" >&2\nexit 1\n');
    await using once = new Program([...args, '--once'], [], env);
    expect(await once.ended).toBe(3);
    expect(once.stderr).toBe('spamd-sync: pfctl: pfctl: /dev/pf: Permission denied\n');
  });

  test('ends where there is no such program', async () => {
    await using program = new Program([...COMMAND, '--pf', 'spamd', '--control', control], [], { PATH: directory });
    expect(await program.ended).toBe(3);
    expect(program.stderr).toBe('spamd-sync: cannot run pfctl: no such program\n');
  });
});
