import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Greylist } from 'spamd-sync';
import { type ServedSocket, serveGreylist } from 'spamd-sync/socket';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objects, type Ran, spamdSync } from './cli.ts';

let folder = '';
let control = '';
let greylist: Greylist;
let served: ServedSocket;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-control-'));
  control = join(folder, 'control');
  greylist = new Greylist();
  served = await serveGreylist(greylist, control);
});
afterEach(async () => {
  await served.close();
  await greylist.close();
  await rm(folder, { recursive: true });
});

function ask(...args: readonly string[]): Promise<Ran> {
  return spamdSync([...args, '--control', control]);
}

const attempt = { ip: '192.0.2.7', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };

describe('the commands that ask the daemon', () => {
  it('list shows what it holds in the form of spamdb, all or of one type', async () => {
    await greylist.check(attempt);
    await greylist.trap('192.0.2.8', { expires: 4_000_000_000 });
    await greylist.spamtraps.add('trap@example.net');
    const { out } = await ask('list');
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^GREY\|192\.0\.2\.7\|mx\|<a@example\.org>\|<b@example\.net>\|/),
      'TRAPPED|192.0.2.8|4000000000',
      'SPAMTRAP|trap@example.net',
      '',
    ]);
    expect((await ask('list', '--type', 'trapped')).out).toBe('TRAPPED|192.0.2.8|4000000000\n');
    expect(objects(await ask('list', '--json', '--type', 'spamtrap'))).toEqual([
      { type: 'SPAMTRAP', address: 'trap@example.net' },
    ]);
  });

  it('allow, trap and forget decide about addresses', async () => {
    expect((await ask('trap', '192.0.2.7', '192.0.2.8')).out).toBe('192.0.2.7 is trapped\n192.0.2.8 is trapped\n');
    expect((await greylist.check(attempt)).reason).toBe('trapped');
    const [allowed] = objects(await ask('allow', '--json', '--for', '90d', '192.0.2.7'));
    const inNinetyDays = Date.now() / 1000 + 90 * 86_400;
    expect(Math.abs(allowed.expires - inNinetyDays)).toBeLessThan(60);
    expect(await greylist.check(attempt)).toMatchObject({ reason: 'white', expires: allowed.expires });
    expect((await ask('forget', '192.0.2.7')).out).toBe('192.0.2.7 is forgotten\n');
    expect((await greylist.check(attempt)).reason).toBe('first-sight');
  });

  it('spamtrap adds, lists and deletes, and says by its exit status that one was none', async () => {
    expect((await ask('spamtrap', 'add', 'a@example.net', 'b@example.net')).exit).toBe(0);
    expect((await ask('spamtrap', 'list')).out).toBe('a@example.net\nb@example.net\n');
    expect(await ask('spamtrap', 'delete', 'a@example.net')).toMatchObject({ exit: 0 });
    expect(await ask('spamtrap', 'delete', 'a@example.net')).toMatchObject({
      out: 'a@example.net was no spamtrap\n',
      exit: 1,
    });
  });

  it('stats shows what it counted, a number a line or as one object', async () => {
    await greylist.check(attempt);
    expect((await ask('stats')).out).toMatch(/^verdicts\.first-sight 1$/m);
    const [stats] = objects(await ask('stats', '--json'));
    expect(stats.store.tuples).toBe(1);
  });
});

describe('a mistake with a command that asks the daemon', () => {
  it('is one line when no daemon answers', async () => {
    const nowhere = join(folder, 'nowhere');
    for (const args of [['list'], ['stats'], ['trap', '192.0.2.1'], ['spamtrap', 'list']]) {
      const ran = await spamdSync([...args, '--control', nowhere]);
      expect(ran).toEqual({ out: '', err: `spamd-sync: nobody serves a greylist on ${nowhere}\n`, exit: 3 });
    }
  });

  it.each([
    [['trap', 'nobody'], 'spamd-sync: ip is not an IP address: "nobody"\n', 2],
    [['trap'], "spamd-sync: missing required argument 'address'\n", 2],
    [['allow', '--for', 'ever', '192.0.2.1'], /^spamd-sync: option '--for <duration>' argument 'ever' is invalid/, 2],
    [['spamtrap', 'add', 'nobody'], 'spamd-sync: address is not a mail address: "nobody"\n', 2],
    [['spamtrap', 'ad'], "spamd-sync: unknown command 'ad' (Did you mean add?)\n", 2],
    [['list', '--type', 'black'], /^spamd-sync: option '--type <type>' argument 'black' is invalid/, 2],
  ])('is one line: %j', async (args, line, exit) => {
    const ran = await ask(...args);
    expect(ran.err).toMatch(line);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
    expect({ out: ran.out, exit: ran.exit }).toEqual({ out: '', exit });
  });

  it.each([
    [['--empty-key'], 'spamd-sync: neither -y nor -Y: it would receive nothing and announce nothing; see --help\n', 2],
    [
      ['-y', '127.0.0.1', '--empty-key', '--store', 'tape'],
      'spamd-sync: --store: not memory or level:DIRECTORY: tape; see --help\n',
      2,
    ],
    [['-y', '127.0.0.1', '-K', '/nowhere.key'], 'spamd-sync: there is no key file "/nowhere.key"\n', 3],
    [
      ['-y', '127.0.0.1', '--empty-key', '--alloweddomains', '/nowhere'],
      'spamd-sync: /nowhere: no such file or directory\n',
      3,
    ],
    [['-y', 'em77', '--empty-key'], /^spamd-sync: .*em77/, 3],
  ])('serve says in one line what is wrong: %j', async (args, line, exit) => {
    const ran = await spamdSync(['serve', '--store', 'memory', '--control', control, ...args]);
    expect(ran.err).toMatch(line);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
    expect(ran.exit).toBe(exit);
  });

  it('serve does not take the control socket of another daemon, and leaves that as it is', async () => {
    const args = ['serve', '--store', 'memory', '--empty-key', '-y', '127.0.0.1', '-p', '38025', '--control', control];
    const ran = await spamdSync(args);
    expect(ran.err).toBe(`spamd-sync: cannot listen on ${JSON.stringify(control)}: another process answers on it\n`);
    expect(ran.exit).toBe(3);
    expect((await ask('stats')).exit).toBe(0);
  });
});
