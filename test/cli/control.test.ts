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

  it('why says what an address is, then why, each string of a client as a terminal may show it', async () => {
    expect((await ask('why', '192.0.2.7')).out).toBe('192.0.2.7 is neither white, trapped nor grey\n');
    await greylist.check({ ...attempt, helo: 'mx\u009b31m' });
    const time = String.raw`\d{4}-\d\d-\d\dT[\d:]+Z \((?:now|in [^)]+|[^)]+ ago)\)`;
    const lines = (await ask('why', '192.0.2.7')).out.split('\n');
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^192\\.0\\.2\\.7 is grey: a retry passes from ${time}$`)),
      expect.stringMatching(
        new RegExp(
          String.raw`^  GREY helo "mx\\u009b31m" from "<a@example\.org>" to "<b@example\.net>": first ${time}, passes from ${time}, expires ${time}; blocked 1, passed 0$`,
        ),
      ),
      '',
    ]);
    await greylist.spamtraps.add('trap@example.net');
    await greylist.check({ ...attempt, ip: '192.0.2.8', to: '<trap@example.net>', connectedTo: '192.0.2.25' });
    await ask('trap', '192.0.2.8', '--by', 'alice: report 17');
    await greylist.forget('192.0.2.9');
    const { out } = await ask('why', '192.0.2.8', '192.0.2.9');
    for (const line of [
      String.raw`^192\.0\.2\.8 is trapped until ${time}, by operator, since ${time}$`,
      `^  TRAPPED decided by this host ${time}, holds until ${time}$`,
      `^  announced ${time}; spamd hosts hold it until ${time}$`,
      String.raw`^  evidence: spamtrap ${time}, helo "mx" from "<a@example\.org>" to "<trap@example\.net>", connected to 192\.0\.2\.25$`,
      `^  evidence: operator ${time}, by "alice: report 17"$`,
      String.raw`^192\.0\.2\.9 is neither white, trapped nor grey$`,
      `^  removal of TRAPPED at ${time}$`,
    ]) {
      expect(out).toMatch(new RegExp(line, 'm'));
    }
    const [why] = objects(await ask('why', '--json', '192.0.2.8'));
    expect(why).toMatchObject({ ip: '192.0.2.8', state: 'trapped', evidence: [{ kind: expect.any(String) }, {}] });
    expect(await ask('why', 'nobody')).toMatchObject({ out: '', exit: 2 });
  });

  it('release lets pass who waits, and says by its exit status that nobody does', async () => {
    const tuple = ['--helo', 'mx', '--from', 'a@example.org', '--to', 'b@example.net'];
    const none = '192.0.2.7 does not wait: no such tuple is remembered\n';
    expect(await ask('release', '192.0.2.7')).toEqual({ out: none, err: '', exit: 1 });
    await greylist.check(attempt);
    expect(await ask('release', '192.0.2.7', '--helo', 'mx')).toMatchObject({
      err: 'spamd-sync: a tuple has --helo, --from and --to; see --help\n',
      exit: 2,
    });
    expect(await ask('release', '192.0.2.7', ...tuple)).toMatchObject({
      out: '192.0.2.7 is white from now on\n',
      exit: 0,
    });
    expect((await greylist.check(attempt)).reason).toBe('white');
    await greylist.trap('192.0.2.7');
    expect(await ask('release', '192.0.2.7')).toMatchObject({ exit: 1 });
    expect(objects(await ask('release', '--json', '--ends-trap', '192.0.2.7'))).toEqual([
      { ip: '192.0.2.7', outcome: 'released' },
    ]);
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

describe('import and export', () => {
  const DUMP = 'WHITE|192.0.2.9|||1800000000|1800000000|4000000000|1|7\nTRAPPED|192.0.2.8|4000000000\n';

  it('takes in a dump, and says which lines could not be read', async () => {
    const ran = await spamdSync(['import', '--control', control], Buffer.from(`${DUMP}NONSENSE|1\n`));
    expect(ran.out).toBe('0 tuples, 1 white, 1 trapped, 0 spamtraps; 0 expired or of no address; 1 bad line\n');
    expect(ran.err).toMatch(/^spamd-sync: line 3: /);
    expect(ran.exit).toBe(1);
    expect((await ask('list')).out).toContain('TRAPPED|192.0.2.8|4000000000\n');
    expect((await ask('import', join(folder, 'nothing'))).err).toBe(
      `spamd-sync: ${join(folder, 'nothing')}: no such file or directory\n`,
    );
  });

  it('refuses a dump with nothing in it: more likely what was to write it failed', async () => {
    const ran = await spamdSync(['import', '--control', control], Buffer.alloc(0));
    expect(ran).toEqual({ out: '', err: 'spamd-sync: stdin: nothing in it\n', exit: 3 });
  });

  it('names the first twenty bad lines of a dump, and says how many more there are', async () => {
    const ran = await spamdSync(['import', '--control', control], Buffer.from(`${'NONSENSE|1\n'.repeat(1234)}${DUMP}`));
    const lines = ran.err.trimEnd().split('\n');
    expect(lines).toHaveLength(21);
    expect(lines[19]).toMatch(/^spamd-sync: line 20: /);
    expect(lines[20]).toBe('spamd-sync: and 1214 lines more');
    expect(ran.out).toMatch(/; 1234 bad lines\n$/);
    expect(ran.exit).toBe(1);
  });

  it.each([
    [['--format', 'spamdb', '--type', 'trapped'], 'TRAPPED|192.0.2.8|4000000000\n'],
    [['--format', 'list', '--type', 'white'], '192.0.2.9\n'],
    [['--format', 'pf', '--type', 'trapped'], '192.0.2.8\n'],
    [['--format', 'nft', '--type', 'trapped', '--set', 'inet f s'], 'add element inet f s { 192.0.2.8 }\n'],
    [['--format', 'ipset', '--type', 'white', '--set', 's'], 'add s 192.0.2.9\n'],
    [
      ['--format', 'csv', '--type', 'white'],
      'type,ip,helo,from,to,first,pass,expires,blocked,passed,address\r\nWHITE,192.0.2.9,,,,1800000000,1800000000,4000000000,1,7,\r\n',
    ],
    [['--format', 'json', '--type', 'trapped'], '{"type":"TRAPPED","ip":"192.0.2.8","expires":4000000000}\n'],
  ])('writes %j', async (args, text) => {
    await spamdSync(['import', '--control', control], Buffer.from(DUMP));
    expect(await ask('export', ...args)).toEqual({ out: text, err: '', exit: 0 });
  });

  it('writes with a trapped address why it was trapped, in json and csv alone', async () => {
    await greylist.trap('192.0.2.8', { by: 'a "report"', expires: 4_000_000_000 });
    await greylist.allow('192.0.2.9', { expires: 4_000_000_000 });
    const [white, trapped] = objects(await ask('export', '--format', 'json', '--evidence')).reverse();
    expect(trapped).toMatchObject({ type: 'TRAPPED', evidence: [{ kind: 'operator', by: 'a "report"' }] });
    expect(white).not.toHaveProperty('evidence');
    const { out } = await ask('export', '--format', 'csv', '--evidence', '--type', 'trapped');
    const [head, line] = out.split('\r\n');
    expect(head).toMatch(/,address,evidence$/);
    expect(line).toMatch(/,"\[\{""kind"":""operator"".*""by"":""a \\""report\\""""\}\]"$/);
    expect(await ask('export', '--evidence')).toMatchObject({
      err: 'spamd-sync: --format spamdb has no place for --evidence: say json or csv; see --help\n',
      exit: 2,
    });
  });

  it('quotes what a client chose, so that no spreadsheet runs it', async () => {
    await greylist.check({ ...attempt, helo: '=cmd|"/c calc"!A1' });
    const { out } = await ask('export', '--format', 'csv');
    expect(out).toContain(`,"'=cmd|""/c calc""!A1",`);
  });

  it.each([
    [['--format', 'list'], /say --type white or --type trapped; see --help/],
    [['--format', 'nft', '--type', 'white'], /needs the name of a set: say --set; see --help/],
  ])('say what is missing: %j', async (args, line) => {
    const ran = await ask('export', ...args);
    expect(ran.err).toMatch(line);
    expect(ran.exit).toBe(2);
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
    [['trap', 'nobody'], /^spamd-sync: .* 'nobody' is invalid for argument 'address'\. not an IP address\n$/, 2],
    [
      ['allow', '192.0.2.1', 'nobody'],
      /^spamd-sync: .* 'nobody' is invalid for argument 'address'\. not an IP address\n$/,
      2,
    ],
    [
      ['export', '--format', 'nft', '--type', 'white', '--set', 'x'],
      /^spamd-sync: --set: not a table and a set.*"x"; /,
      2,
    ],
    [['export', '--set', 'inet filter x'], /^spamd-sync: --format spamdb has no --set; /, 2],
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
      'spamd-sync: --store: not memory, level:DIRECTORY or redis:URL: tape; see --help\n',
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
