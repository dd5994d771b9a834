import { Greylist } from 'spamd-sync';
import { formatSpamdb, parseSpamdb } from 'spamd-sync/spamdb';
import { describe, expect, it } from 'vitest';
import { text } from './helpers.ts';

const NOW = 1_800_000_000;
const LINES = 20_000;

/** What clients type, and what makes a tuple hard to keep. */
const HELOS = ['mail.example.org', '[192.0.2.1]', 'MAIL', '', 'a|b', 'mäil', 'x y', '"q"', 'back\\slash'];
const SENDERS = [
  '<a@example.org>',
  '<>',
  '<User@Example.ORG>',
  'bare@example.org',
  '<a|b@c>',
  '<ä@b>',
  '<"q q"@b>',
  '',
];
const RECIPIENTS = ['<b@example.net>', '<B@Example.Net>', 'bare@example.net', '<ö@b>', '<\\>'];

function pick(from: readonly string[], at: number): string {
  return from[at % from.length] ?? '';
}

/** In the order in which a greylist lists what it has: tuples, addresses as they came, spamtraps. */
function dump(): string[] {
  const lines: string[] = [];
  for (let at = 0; at < LINES; at++) {
    const ip = at % 50 === 7 ? `2001:db8:${at.toString(16)}::/64` : `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
    const first = NOW - (at % 5000);
    const expires = NOW + 1 + (at % 900_000);
    if (at < LINES / 2) {
      const middle = [pick(HELOS, at), pick(SENDERS, at), pick(RECIPIENTS, at)].join('|');
      lines.push(`GREY|${ip}|${middle}|${first}|${at % 3 === 0 ? first : expires}|${expires}|${at % 7}|${at % 2}`);
    } else if (at >= LINES - 50) lines.push(`SPAMTRAP|trap|${at}@example.net`);
    else if (at % 3 === 0) lines.push(`TRAPPED|${ip}|${expires}`);
    else lines.push(`WHITE|${ip}|||${first}|${first + (at % 4000)}|${expires}|${at % 11}|${at % 1000}`);
  }
  return lines;
}

describe(`a dump of ${LINES} lines`, () => {
  const before = `${dump().join('\n')}\n`;

  it('a dump comes back byte for byte when it is read and written', async () => {
    expect((await text(formatSpamdb(parseSpamdb(before)))) === before).toBe(true);
  });

  it('a dump comes back byte for byte when a greylist has taken it in', async () => {
    await using greylist = new Greylist({ clock: { now: () => NOW } });
    const report = await greylist.import(parseSpamdb(before));
    expect(report.ignored).toBe(0);
    expect(report.grey + report.white + report.trapped + report.spamtraps).toBe(LINES);
    const after = (await text(formatSpamdb(greylist.export()))).split('\n');
    const different = before.split('\n').filter((line, at) => line !== after[at]);
    expect(different).toEqual([]);
    expect(after).toHaveLength(LINES + 1);
  });

  it('a dump of single IPv6 addresses comes back where the policy takes each for a client', async () => {
    const lines = 'TRAPPED|2001:db8::1|4000000000\nTRAPPED|2001:db8::2|4000000000\n';
    await using single = new Greylist({ clock: { now: () => NOW }, policy: { subnet: { ipv6: 128 } } });
    await single.import(parseSpamdb(lines));
    expect(await text(formatSpamdb(single.export()))).toBe(lines);
    await using greylist = new Greylist({ clock: { now: () => NOW } });
    await greylist.import(parseSpamdb(lines));
    expect(await text(formatSpamdb(greylist.export()))).toBe('TRAPPED|2001:db8::/64|4000000000\n');
  });

  it('a dump that has expired is not taken in, but for its spamtraps', async () => {
    await using greylist = new Greylist({ clock: { now: () => NOW + 900_001 } });
    const report = await greylist.import(parseSpamdb(before));
    expect(report).toEqual({ grey: 0, white: 0, trapped: 0, spamtraps: 50, domains: 0, ignored: LINES - 50 });
  });
});

describe('the dump of a greyd', () => {
  const before = 'DOMAIN|example.net\nTRAPPED|192.0.2.1|4000000000\nDOMAIN|@example.org\n';

  it('the dump of a greyd comes back byte for byte, its domains included', async () => {
    expect(await text(formatSpamdb(parseSpamdb(before)))).toBe(before);
  });

  it('the dump of a greyd is taken in by a greylist, which counts the domains by themselves', async () => {
    await using greylist = new Greylist({ clock: { now: () => NOW } });
    const report = await greylist.import(parseSpamdb(before));
    expect(report).toEqual({ grey: 0, white: 0, trapped: 1, spamtraps: 0, domains: 2, ignored: 0 });
  });
});

describe('the dump of a greylist that pools its clients', () => {
  const clock = { now: () => NOW };
  const policies = [{ subnet: { ipv4: 24, ipv6: 64 } }, { identify: () => 'example.org' }];

  it.each(policies)('the dump of a greylist with %o comes back', async (policy) => {
    await using first = new Greylist({ clock, policy });
    await first.check({ ip: '192.0.2.7', helo: 'h', from: '<a@b>', to: '<c@d>' });
    await first.allow('2001:db8::7');
    await first.trap('192.0.2.8');
    const before = await text(formatSpamdb(first.export()));
    expect(before.split('\n')).toHaveLength(4);

    await using second = new Greylist({ clock, policy });
    const report = await second.import(parseSpamdb(before, { pools: true }));
    expect(report).toEqual({ grey: 1, white: 1, trapped: 1, spamtraps: 0, domains: 0, ignored: 0 });
    expect(await text(formatSpamdb(second.export()))).toBe(before);
  });
});
